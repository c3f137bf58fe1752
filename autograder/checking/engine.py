"""Grades a student's answers: each step on its own, with follow-through and a second chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.checking.asking import Run, ask
from autograder.checking.comparing import compare
from autograder.checking.diagnosis import diagnose
from autograder.checking.judging import Verdict, judge
from autograder.checking.question import Assignment, Question, Step, step_id
from autograder.checking.result import AssignmentResult, QuestionResult, StepResult
from autograder.student.answers import Student


def grade(assignment: Assignment, student: Student) -> AssignmentResult:
    """Grade every step of `assignment` by asking `student`; never raises because of a student's answer."""
    earlier: dict[str, Callable[..., Any]] = {}
    questions = []
    for question in assignment.rubric.questions:
        questions.append(_grade_question(assignment, question, student, dict(earlier)))
        earlier[question.function] = assignment.reference[question.function]
    return AssignmentResult(assignment.name, tuple(questions))


def _grade_question(
    assignment: Assignment, question: Question, student: Student, earlier: dict[str, Callable[..., Any]]
) -> QuestionResult:
    own = ask(question, assignment.rubric, student, None)
    verdicts = {step: judge(own, step, _tolerance(assignment, question, step)) for step in question.steps}
    second: Run | None = None
    if earlier and any(_may_gain(own, verdict) for verdict in verdicts.values()):
        second = ask(question, assignment.rubric, student, earlier)
    results = []
    for step in question.steps:
        verdict, run = verdicts[step], own
        if not verdict.right and second is not None:
            again = judge(second, step, _tolerance(assignment, question, step))
            if again.right:
                again = Verdict("right", again.words, "reference's earlier functions")
            # Without the reference's help the fault may lie in an earlier function; with it, it lies here.
            if again.right or again.status == "wrong" or verdict.status == "could not be run":
                verdict, run = again, second
        results.append(_result(assignment, question, step, verdict, run))
    return QuestionResult(question.name, question.function, tuple(results))


def _tolerance(assignment: Assignment, question: Question, step: Step) -> Any:
    return assignment.tolerance_of(step_id(question, step))


def _may_gain(run: Run, verdict: Verdict) -> bool:
    """Whether asking again with the reference's earlier functions could turn out better."""
    missing = run.failure is not None and run.failure.reason == "missing"
    return not verdict.right and not missing


def _result(assignment: Assignment, question: Question, step: Step, verdict: Verdict, run: Run) -> StepResult:
    this = step_id(question, step)
    wrong_idea = None if verdict.right or not verdict.attempted else diagnose(assignment, run, step)
    return StepResult(
        step=this,
        points=assignment.points[this],
        earned=assignment.points[this] if verdict.right else 0.0,
        status=verdict.status,
        words=verdict.words,
        attempted=verdict.attempted,
        basis=verdict.basis,
        misconception=wrong_idea.name if wrong_idea else "",
        hint=wrong_idea.hint if wrong_idea else "",
        place=step.place,
        given=verdict.given,
        compared=compare(run, step, assignment.tolerance_of(this)),
    )
