"""Judges one step of a question that was asked: right, wrong, or not to be run, and in what words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograder.checking.asking import Reading, Run
from autograder.checking.columns import Column, flat_numbers
from autograder.checking.question import Step
from autograder.checking.relations import relation_words
from autograder.checking.result import Basis, Status
from autograder.checking.values import Tolerance, WrongForm, as_reference
from autograder.student.answers import Array, NotANumber

SHARE_OF_VALUES = 0.75  # of those that the right answer takes; not all, since two that are rounded may be the same


@dataclass(frozen=True)
class Verdict:
    """What one run says of one step; `say` puts it into words, which is done for the last verdict only."""

    status: Status
    say: Callable[[], str]
    basis: Basis = ""
    attempted: bool = True
    formed: bool = True
    """whether what came back has the form that is due"""
    given: tuple[str, ...] = ()
    """the student's own earlier values that it follows from and that are not the reference's"""

    @property
    def right(self) -> bool:
        """Whether the step earns its points."""
        return self.status == "right"


def judge(run: Run, step: Step, tolerance: Tolerance, *, observe: bool) -> Verdict:
    """Judge `step` by all cases of `run`.

    A value is right where it agrees with the reference, or follows from the student's own earlier values
    and changes from input to input. Earlier values that have to be asked for are asked for only with `observe`.
    """
    if run.failure is not None:
        return Verdict("could not be run", run.failure_words)
    if step.checks == "arguments unchanged":
        return _judge_unchanged(run, step, tolerance)
    follows = False
    given: list[str] = []
    for name in step.values:
        if run.agrees(name, tolerance):
            continue
        answers = _answers(run.readings, name)
        if isinstance(answers, Verdict):
            return answers
        column = run.columns[name]
        direct = _cases_close(column, answers, list(run.expected_of(name)), tolerance)
        if all(direct):
            continue
        targets = [expected_from_own(reading, name, observe=observe) for reading in run.readings]
        changes = _changes(answers, tolerance)
        needed = [
            due if target is None or target.shape != due.shape else target
            for due, target in zip(run.expected_of(name), targets, strict=True)
        ]
        follow = _cases_close(column, answers, needed, tolerance)
        agree = [one or other for one, other in zip(direct, follow, strict=True)]
        label = run.question.label(name)
        if all(agree) and changes:
            if not _varies(answers, run.expected_of(name)):
                return Verdict("wrong", _words(f"`{label}` takes only a few values, whatever the input"))
            follows = True
            given += (label for label in _leant_on(run, name, tolerance) if label not in given)
            continue
        return Verdict("wrong", partial(relation_words, label, answers, needed, agree, changes, tolerance))
    return Verdict("right", _words("right"), "own earlier values" if follows else "", given=tuple(given))


def _leant_on(run: Run, name: str, tolerance: Tolerance) -> list[str]:
    """What to call the student's own values that `name` follows from directly and that are not the reference's."""
    question = run.question
    parents = run.derivation.values[name].parents
    before = question.outputs[: question.outputs.index(name)]
    off = [parent for parent in parents if parent in before and _leads_astray(run.readings, parent, tolerance)]
    observed = [parent for parent in parents if parent in question.observes.get(name, ())]
    return [question.label(parent) for parent in off + observed]


def _leads_astray(readings: Sequence[Reading], name: str, tolerance: Tolerance) -> bool:
    """Whether the student's value is a good number, whatever its form, and not the reference's on every input."""
    values = [(reading.own[name], reading.expected[name]) for reading in readings]
    numbers = [(own, expected) for own, expected in values if not isinstance(own, WrongForm)]
    return not all(tolerance.close(own, expected) for own, expected in numbers)


def _words(words: str) -> Callable[[], str]:
    return lambda: words


def _cases_close(
    column: Column, answers: Sequence[Array], targets: Sequence[Array], tolerance: Tolerance
) -> list[bool]:
    """In which cases the answer counts as its target."""
    close = tolerance.elements_close(flat_numbers(answers), flat_numbers(targets))
    found: list[bool] = np.logical_and.reduceat(close, column.starts).tolist()
    return found


def expected_from_own(reading: Reading, name: str, *, observe: bool) -> Array | None:
    """What `name` should be, given the student's own earlier values that are numbers; None where that is none."""
    needed = reading.question.earlier_parents(name, reading.derivation)
    observed = name in reading.question.observes
    if not needed and not observed:
        return reading.expected[name]
    if observed and not observe:
        return None
    try:
        value = as_reference(reading.derivation.follow(name, reading.known_before(name)))
        return value if np.isfinite(value).all() else None
    except (ValueError, TypeError, OverflowError):  # own values that the derivation cannot be fed with
        return None


def _answers(readings: Sequence[Reading], name: str) -> list[Array] | Verdict:
    answers = []
    for reading in readings:
        value = reading.own[name]
        if isinstance(value, WrongForm):
            raw, label = reading.raw[name], reading.question.label(name)
            kind = raw.kind if isinstance(raw, NotANumber) else ""
            if kind == "placeholder":
                words = f"`{label}`: not attempted yet (the placeholder `...` came back)"
                return Verdict("wrong", _words(words), attempted=False, formed=False)
            forgot = "; did you forget a `return`?" if kind == "nothing" else ""
            came = "" if "came back" in value.words else " came back"
            return Verdict("wrong", _words(f"`{label}`: {value.words}{came}{forgot}"), formed=False)
        answers.append(value)
    return answers


def _changes(answers: Sequence[Array], tolerance: Tolerance) -> bool:
    """Whether the answer changes from input to input, among inputs of the same shape."""
    first: dict[tuple[int, ...], Array] = {}
    return any(tolerance.differ(answer, first.setdefault(answer.shape, answer)) for answer in answers)


def _varies(answers: Sequence[Array], expected: Sequence[Array]) -> bool:
    """Whether each number takes nearly as many values, from input to input, as the right one does.

    Two or three values are no answer: from earlier values of one's own making (a sigmoid far out gives 0 or 1) they
    would follow without a thought.
    """
    size = min(value.size for value in (*answers, *expected))
    own, due = (np.round([value.reshape(-1)[:size] for value in values], 9) for values in (answers, expected))
    return all(
        len(np.unique(one)) >= SHARE_OF_VALUES * len(np.unique(other)) for one, other in zip(own.T, due.T, strict=True)
    )


def _judge_unchanged(run: Run, step: Step, tolerance: Tolerance) -> Verdict:
    if run.arguments_agree() and all(run.agrees(name, tolerance) for name in run.question.outputs):
        return Verdict("right", _words("right"))
    for name in run.question.outputs:
        answers = _answers(run.readings, name)
        if isinstance(answers, Verdict):
            return answers
        if not _changes(answers, tolerance):
            return Verdict("wrong", _words(f"`{run.question.label(name)}` is the same for every input"))
    for reading in run.readings:
        changed = changed_arguments(reading)
        if changed:
            return Verdict("wrong", _words(f"the call changed its argument `{changed[0]}` in place"))
    return Verdict("right", _words("right"))


def changed_arguments(reading: Reading) -> list[str]:
    """Names of the arguments that are not what they were before the call."""
    return [
        name
        for name, after in reading.arguments.items()
        if isinstance(after, (NotANumber, list)) or not _equal(reading.inputs[name], after)
    ]


def _equal(before: Any, after: float | Array) -> bool:
    if isinstance(after, float):
        return np.ndim(before) == 0 and bool(before == after)
    return np.shape(before) == after.shape and bool(after.tolist() == before.tolist())
