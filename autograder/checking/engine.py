"""Grades a student's answers: each step on its own, with follow-through and a second chance.

All questions are asked in turn, each seeing what the ones before left behind: most steps are right at once, and
that is all there is to it. What is not right is asked again, alone, from the state after the cells ran; unless the
source shows that calls leave nothing behind, which makes both the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from autograder.checking.asking import Run, run
from autograder.checking.comparing import compare
from autograder.checking.diagnosis import diagnose
from autograder.checking.judging import Verdict, judge
from autograder.checking.question import Assignment, Question, Step, step_id
from autograder.checking.result import AssignmentResult, QuestionResult, StepResult
from autograder.student.answers import Answer, Calls, Replacements, Student


class Source(Protocol):
    """What a submission's source tells, which saves asking what can change nothing."""

    def may_use(self, function: str, names: Iterable[str]) -> bool:
        """Whether a student's function may use any of the functions named."""
        ...

    def leaves_nothing(self, functions: Iterable[str]) -> bool:
        """Whether no call of these functions can leave anything behind that another call sees."""
        ...


class UnknownSource:
    """Nothing is known: everything is possible."""

    def may_use(self, function: str, names: Iterable[str]) -> bool:
        """See `Source`."""
        return True

    def leaves_nothing(self, functions: Iterable[str]) -> bool:
        """See `Source`."""
        return False


def grade(assignment: Assignment, student: Student, source: Source | None = None) -> AssignmentResult:
    """Grade every step of `assignment` by asking `student`; never raises because of a student's answer."""
    with np.errstate(all="ignore"):  # a student's huge or missing numbers are no news to the grader's terminal
        return _grade(assignment, student, source or UnknownSource())


def _grade(assignment: Assignment, student: Student, source: Source) -> AssignmentResult:
    earlier: dict[str, Callable[..., Any]] = {}
    slipped: dict[str, Callable[..., Any]] = {}
    gradings = []
    again = _Again(assignment, student, source)
    for question, answers in zip(assignment.rubric.questions, _ask_in_turn(assignment, student), strict=True):
        grading = _QuestionGrading(assignment, question, Run(question, assignment.rubric, answers, again), again)
        grading.grade(dict(earlier), dict(slipped), source)
        gradings.append(grading)
        earlier[question.function] = assignment.reference[question.function]
        if not grading.all_right:
            slipped[question.function] = assignment.reference[question.function]
    for grading in gradings:  # after all else: it takes a process that was not asked yet
        grading.tell(student)
    return AssignmentResult(assignment.name, tuple(grading.result() for grading in gradings))


def _ask_in_turn(assignment: Assignment, student: Student) -> list[Sequence[Answer]]:
    """First answers to all questions; where a question ends the process, the rest are asked from a new one."""
    calls = [(question.calls, None) for question in assignment.rubric.questions]
    answers: list[Sequence[Answer]] = []
    while len(answers) < len(calls):
        answers += student.ask_in_turn(calls[len(answers) :])
    return answers


class _Again:
    """Asks again what is not right yet: alone, or just so where calls leave nothing behind, which is much cheaper."""

    def __init__(self, assignment: Assignment, student: Student, source: Source) -> None:
        self._functions = assignment.functions
        self._student = student
        self._source = source

    @cached_property
    def same_as_alone(self) -> bool:
        """Whether being asked after other questions makes no difference."""
        return self._source.leaves_nothing(self._functions)

    def __call__(self, calls: Calls, replaced: Replacements | None) -> Sequence[Answer]:
        """As `Student.ask`."""
        if self.same_as_alone:
            return self._student.ask_in_turn([(calls, replaced)])[0]
        return self._student.ask(calls, replaced)


@dataclass
class _QuestionGrading:
    """One question on its way to its result; `own` are the first answers."""

    assignment: Assignment
    question: Question
    own: Run
    again: _Again
    found: dict[Step, tuple[Verdict, Run]] = field(default_factory=dict)

    def grade(self, earlier: Replacements, slipped: Replacements, source: Source) -> None:
        """Judge each step, asking again as long as that may help.

        Parameters
        ----------
        earlier : the reference's earlier functions
        slipped : those of them that stand for functions with a slip; where nothing of the right form comes of all,
            they leave the student's other functions in place, with which this one may have a form in common
        """
        self._judge(self.own)
        second = self._second_chance(earlier, source)
        mixed = second is not None and len(slipped) < len(earlier) and second.is_out_of_form()
        chances = [second, self._second_chance(slipped, source) if mixed else None]
        if self._open() and self.question.observes:
            self._judge(self.own, observe=True)
            for chance in chances:
                if chance is not None and chance.failure is None:
                    self._judge(chance, observe=True, second_chance=True)
        if self._attempted() and self._is_there() and earlier and self._may_be_spoiled():
            if second and (second.same_answers(self.own) or self._fails_likewise(second)):
                return
            alone = run(self.question, self.assignment.rubric, self.again, None)
            if not alone.same_answers(self.own):
                self._judge(alone, observe=True)

    def _second_chance(self, replaced: Replacements, source: Source) -> Run | None:
        """Ask with the reference's functions in place of some of the student's, where that can change something."""
        if not (self._open() and self._is_there() and replaced and source.may_use(self.question.function, replaced)):
            return None
        second = run(self.question, self.assignment.rubric, self.again, replaced)
        if not self._fails_likewise(second):
            self._judge(second, second_chance=True)
        return second

    @property
    def all_right(self) -> bool:
        """Whether every step has its points."""
        return not self._open()

    def tell(self, student: Student) -> None:
        """Where a call raised on the lecture's numbers, and no more can be told of a step: ask for its message."""
        ends = [verdict for verdict, answered in self.found.values() if answered is self.own]
        if any(verdict.status == "could not be run" for verdict in ends) and self.own.failed_in_public():
            self.own.tell(student.ask(self.question.public_calls))

    def _open(self) -> list[Step]:
        return [step for step in self.question.steps if not self.found[step][0].right]

    def _attempted(self) -> bool:
        return any(self.found[step][0].attempted for step in self._open())

    def _is_there(self) -> bool:
        return self.own.failure is None or self.own.failure.reason != "missing"

    def _fails_likewise(self, second: Run) -> bool:
        """Whether it raises what it raised before."""
        return self.own.failure is not None and self.own.failure == second.failure

    def _may_be_spoiled(self) -> bool:
        """By what other questions' calls left behind, or, where a call was too slow, by a busy machine."""
        failure = self.own.failure
        return not self.again.same_as_alone or (failure is not None and failure.reason in {"too slow", "left"})

    def _judge(self, answered: Run, *, observe: bool = False, second_chance: bool = False) -> None:
        """Judge what is not right yet by `run`; the better verdict stays."""
        for step in self.question.steps:
            before = self.found[step][0] if step in self.found else None
            if before is not None and before.right:
                continue
            verdict = judge(answered, step, self.assignment.tolerance_of(step_id(self.question, step)), observe=observe)
            if verdict.right and second_chance:
                verdict = replace(verdict, basis="reference's earlier functions")
            # Without the reference's help the fault may lie in an earlier function; with it, it lies here.
            telling = second_chance and verdict.status == "wrong"
            if (
                before is None
                or verdict.right
                or (telling and verdict.formed >= before.formed)
                or before.status == "could not be run"
            ):
                self.found[step] = verdict, answered

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
