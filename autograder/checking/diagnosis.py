"""Which wrong idea gives just these wrong numbers?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograder.checking.asking import Reading, Run
from autograder.checking.judging import changed_arguments
from autograder.checking.misconception import Misconception
from autograder.checking.question import Assignment, Prediction, Question, Step, step_id
from autograder.checking.values import Tolerance, WrongForm, as_reference, in_form


def diagnose(assignment: Assignment, run: Run, step: Step) -> Misconception | None:
    """The first misconception of the table whose numbers the student's answers match on every case."""
    if run.failure is not None or not run.readings:
        return None
    tolerance = assignment.tolerance_of(step_id(run.question, step))
    for misconception in assignment.misconceptions_of(step_id(run.question, step)):
        if step.checks == "arguments unchanged":
            if all(_changes_the_same(reading, misconception) for reading in run.readings):
                return misconception
        elif _gives_the_same(run, step, misconception, tolerance, _from_reference(assignment, run, misconception)) or (
            _own_values_matter(run, misconception, tolerance)
            and _gives_the_same(run, step, misconception, tolerance, _from_own(run, misconception))
        ):
            return misconception
    return None


def spoiled_values(question: Question, misconception: Misconception) -> tuple[str, ...]:
    """Names of the values that a misconception's function gives, in order."""
    return tuple(
        name for step in question.steps if step_id(question, step) in misconception.steps for name in step.values
    )


def _gives_the_same(
    run: Run, step: Step, misconception: Misconception, tolerance: Tolerance, predictions: Iterable[Prediction]
) -> bool:
    names = spoiled_values(run.question, misconception)
    for reading, predicted in zip(run.readings, predictions, strict=False):
        if predicted is None:
            return False
        for name in step.values:
            answer, wrong = reading.own[name], predicted[names.index(name)]
            if isinstance(answer, WrongForm) or wrong.shape != answer.shape or not tolerance.close(answer, wrong):
                return False
    return True


def _from_reference(assignment: Assignment, run: Run, misconception: Misconception) -> Iterable[Prediction]:
    """What the misconception gives in each case where all before it is right; computed once."""
    if misconception.name not in assignment.predictions:
        names = spoiled_values(run.question, misconception)
        earlier = run.question.outputs[: run.question.outputs.index(names[0])]
        assignment.predictions[misconception.name] = [
            _predict(run, misconception, {**inputs, **{name: expected[name] for name in earlier}}, len(names))
            for inputs, expected in zip(run.question.cases, run.expected, strict=True)
        ]
    return assignment.predictions[misconception.name]


def _from_own(run: Run, misconception: Misconception) -> Iterator[Prediction]:
    """What the misconception gives in each case from the student's own earlier values."""
    names = spoiled_values(run.question, misconception)
    for reading in run.readings:
        yield _predict(run, misconception, reading.known_before(names[0]), len(names))


def _own_values_matter(run: Run, misconception: Misconception, tolerance: Tolerance) -> bool:
    first = spoiled_values(run.question, misconception)[0]
    earlier = run.question.outputs[: run.question.outputs.index(first)]
    return first in run.question.observes or not all(run.agrees(name, tolerance) for name in earlier)


def _predict(run: Run, misconception: Misconception, known: dict[str, Any], count: int) -> Prediction:
    try:
        arguments = [run.derivation.resolve(name, known) for name in misconception.parameters]
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
