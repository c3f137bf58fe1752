"""Which wrong idea gives just these wrong numbers?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.checking.asking import Reading, Run
from autograder.checking.judging import changed_arguments
from autograder.checking.misconception import Misconception
from autograder.checking.question import Assignment, Question, Step, step_id
from autograder.checking.values import Tolerance, WrongForm, as_reference, in_form
from autograder.student.answers import Array


def diagnose(assignment: Assignment, run: Run, step: Step) -> Misconception | None:
    """The first misconception of the table whose numbers the student's answers match on every case."""
    if run.failure is not None or not run.readings:
        return None
    this = step_id(run.question, step)
    tolerance = assignment.tolerance_of(this)
    for misconception in assignment.misconceptions:
        if this not in misconception.steps:
            continue
        if step.checks == "arguments unchanged":
            if all(_changes_the_same(reading, misconception) for reading in run.readings):
                return misconception
        elif any(
            all(_gives_the_same(reading, step, misconception, tolerance, own) for reading in run.readings)
            for own in (True, False)
        ):
            return misconception
    return None


def spoiled_values(question: Question, misconception: Misconception) -> tuple[str, ...]:
    """Names of the values that a misconception's function gives, in order."""
    return tuple(
        name for step in question.steps if step_id(question, step) in misconception.steps for name in step.values
    )


def _gives_the_same(
    reading: Reading, step: Step, misconception: Misconception, tolerance: Tolerance, own: bool
) -> bool:
    names = spoiled_values(reading.question, misconception)
    known = reading.known_before(names[0], own=own)
    predicted = _predict(reading, misconception, known, len(names))
    if predicted is None:
        return False
    for name in step.values:
        answer, wrong = reading.own[name], predicted[names.index(name)]
        if isinstance(answer, WrongForm) or wrong.shape != answer.shape or not tolerance.close(answer, wrong):
            return False
    return True


def _predict(
    reading: Reading, misconception: Misconception, known: dict[str, object], count: int
) -> Sequence[Array] | None:
    try:
        with np.errstate(all="ignore"):
            arguments = [reading.derivation.resolve(name, known) for name in misconception.parameters]
            result = misconception.function(*arguments)
            return [as_reference(result)] if count == 1 else [as_reference(part) for part in result]
    except (ValueError, TypeError, OverflowError, IndexError):  # it cannot be fed with these values
        return None


def _changes_the_same(reading: Reading, misconception: Misconception) -> bool:
    """Whether the wrong version changes the same arguments to the same values."""
    copies = {
        name: np.array(value) if isinstance(value, np.ndarray) else value for name, value in reading.inputs.items()
    }
    misconception.function(*(copies[name] for name in misconception.parameters))
    expected = {name for name, value in copies.items() if not np.array_equal(value, reading.inputs[name])}
    if set(changed_arguments(reading)) != expected:
        return False
    after = {name: in_form(reading.arguments[name], np.shape(copies[name])) for name in expected}
    return all(not isinstance(value, WrongForm) and np.allclose(value, copies[name]) for name, value in after.items())
