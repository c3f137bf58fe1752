"""Grades a student's answers: each step on its own, with follow-through and a second chance.

All questions are asked in turn, from one copy of the state after the cells ran: most steps are right at once, and
that is all there is to it. What is not right is asked again, alone, from a fresh copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograder.checking.asking import Run, ask
from autograder.checking.comparing import compare
from autograder.checking.diagnosis import diagnose
from autograder.checking.judging import Verdict, judge
from autograder.checking.question import Assignment, Question, Step, step_id
from autograder.checking.result import AssignmentResult, QuestionResult, StepResult
from autograder.student.answers import Answer, Replacements, Student

Uses = Callable[[str, Iterable[str]], bool]
"""Whether a student's function (by name) may use any of the functions named."""


def grade(assignment: Assignment, student: Student, uses: Uses = lambda function, names: True) -> AssignmentResult:
    """Grade every step of `assignment` by asking `student`; never raises because of a student's answer.

    `uses` saves second chances that can change nothing, since the function uses no earlier one.
    """
    with np.errstate(all="ignore"):  # a student's huge or missing numbers are no news to the grader's terminal
        return _grade(assignment, student, uses)


def _grade(assignment: Assignment, student: Student, uses: Uses) -> AssignmentResult:
    earlier: dict[str, Callable[..., Any]] = {}
    questions = []
    in_turn = _ask_in_turn(assignment, student)
    for question, answers in zip(assignment.rubric.questions, in_turn, strict=True):
        own = Run(question, assignment.rubric, student, None, answers)
        grading = _QuestionGrading(assignment, question, student, own, clean=not earlier)
        grading.grade(dict(earlier) if earlier and uses(question.function, earlier) else None)
        questions.append(grading.result())
        earlier[question.function] = assignment.reference[question.function]
    return AssignmentResult(assignment.name, tuple(questions))


def _ask_in_turn(assignment: Assignment, student: Student) -> list[list[Answer]]:
    """First answers to all questions; where a question ends the process, the rest are asked from a new one."""
    calls = [question.calls for question in assignment.rubric.questions]
    answers: list[list[Answer]] = []
    while len(answers) < len(calls):
        answers += student.ask_in_turn(calls[len(answers) :])
    return answers


@dataclass
class _QuestionGrading:
    """One question on its way to its result.

    Parameters
    ----------
    own : the first answers
    clean : whether no other question was asked before from the same copy of the state
    """

    assignment: Assignment
    question: Question
    student: Student
    own: Run
    clean: bool
    found: dict[Step, tuple[Verdict, Run]] = field(default_factory=dict)

    def grade(self, earlier: Replacements | None) -> None:
        """Judge each step, asking again as long as that may help."""
        self._judge(self.own)
        second = None
        if self._open() and self._is_there() and earlier is not None:
            second = ask(self.question, self.assignment.rubric, self.student, earlier)
            self._judge(second, second_chance=True)
        if self._open() and self.question.observes:
            self._judge(self.own, observe=True)
            if second is not None:
                self._judge(second, observe=True, second_chance=True)
        # What other questions' calls left behind may have spoiled the first answers.
        if self._attempted() and self._is_there() and not (self.clean or (second and second.same_answers(self.own))):
            alone = ask(self.question, self.assignment.rubric, self.student, None)
            if not alone.same_answers(self.own):
                self._judge(alone, observe=True)

    def _open(self) -> list[Step]:
        return [step for step in self.question.steps if not self.found[step][0].right]

    def _attempted(self) -> bool:
        return any(self.found[step][0].attempted for step in self._open())

    def _is_there(self) -> bool:
        return self.own.failure is None or self.own.failure.reason != "missing"

    def _judge(self, run: Run, *, observe: bool = False, second_chance: bool = False) -> None:
        """Judge what is not right yet by `run`; the better verdict stays."""
        for step in self.question.steps:
            before = self.found[step][0] if step in self.found else None
            if before is not None and before.right:
                continue
            verdict = judge(run, step, self.assignment.tolerance_of(step_id(self.question, step)), observe=observe)
            if verdict.right and second_chance:
                verdict = replace(verdict, basis="reference's earlier functions")
            # Without the reference's help the fault may lie in an earlier function; with it, it lies here.
            telling = second_chance and verdict.status == "wrong"
            if before is None or verdict.right or telling or before.status == "could not be run":
                self.found[step] = verdict, run

    def result(self) -> QuestionResult:
        """The steps with their points."""
        steps = tuple(self._step_result(step, *self.found[step]) for step in self.question.steps)
        return QuestionResult(self.question.name, self.question.function, steps)

    def _step_result(self, step: Step, verdict: Verdict, run: Run) -> StepResult:
        this = step_id(self.question, step)
        wrong_idea = None if verdict.right or not verdict.attempted else diagnose(self.assignment, run, step)
        return StepResult(
            step=this,
            points=self.assignment.points[this],
            earned=self.assignment.points[this] if verdict.right else 0.0,
            status=verdict.status,
            words=verdict.say(),
            attempted=verdict.attempted,
            basis=verdict.basis,
            misconception=wrong_idea.name if wrong_idea else "",
            hint=wrong_idea.hint if wrong_idea else "",
            place=step.place,
            given=verdict.given,
            compared=compare(run, step, self.assignment.tolerance_of(this)),
        )
