"""Judges one step of a question that was asked: right, wrong, or not to be run, and in what words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.checking.asking import Reading, Run
from autograder.checking.question import Step
from autograder.checking.relations import relation_words
from autograder.checking.result import Basis, Status
from autograder.checking.values import Tolerance, WrongForm, as_reference
from autograder.student.answers import Array, NotANumber


@dataclass(frozen=True)
class Verdict:
    """What one run says of one step."""

    status: Status
    words: str
    basis: Basis = ""
    attempted: bool = True
    given: tuple[str, ...] = ()
    """the student's own earlier values that it follows from and that are not the reference's"""

    @property
    def right(self) -> bool:
        """Whether the step earns its points."""
        return self.status == "right"


def judge(run: Run, step: Step, tolerance: Tolerance) -> Verdict:
    """Judge `step` by all cases of `run`.

    A value is right where it agrees with the reference, or follows from the student's own earlier values
    and changes from input to input.
    """
    if run.failure is not None:
        return Verdict("could not be run", run.failure.words)
    if step.checks == "arguments unchanged":
        return _judge_unchanged(run, step, tolerance)
    follows = False
    given: list[str] = []
    for name in step.values:
        answers = _answers(run.readings, name)
        if isinstance(answers, Verdict):
            return answers
        direct = [
            tolerance.close(answer, reading.expected[name])
            for answer, reading in zip(answers, run.readings, strict=True)
        ]
        if all(direct):
            continue
        targets = [expected_from_own(reading, name) for reading in run.readings]
        agree = [
            ok or (target is not None and target.shape == answer.shape and tolerance.close(answer, target))
            for ok, answer, target in zip(direct, answers, targets, strict=True)
        ]
        if all(agree) and _changes(answers, tolerance):
            follows = True
            given += (label for label in _leant_on(run, name, tolerance) if label not in given)
            continue
        meant = [
            reading.expected[name] if target is None or target.shape != reading.expected[name].shape else target
            for reading, target in zip(run.readings, targets, strict=True)
        ]
        words = relation_words(run.question.label(name), answers, meant, agree, _changes(answers, tolerance), tolerance)
        return Verdict("wrong", words)
    return Verdict("right", "right", "own earlier values" if follows else "", given=tuple(given))


def _leant_on(run: Run, name: str, tolerance: Tolerance) -> list[str]:
    """What to call the student's own values that `name` follows from directly and that are not the reference's."""
    question = run.question
    parents = run.readings[0].derivation.values[name].parents
    before = question.outputs[: question.outputs.index(name)]
    off = [parent for parent in parents if parent in before and not _agrees(run.readings, parent, tolerance)]
    observed = [parent for parent in parents if parent in question.observes.get(name, ())]
    return [question.label(parent) for parent in off + observed]


def _agrees(readings: Sequence[Reading], name: str, tolerance: Tolerance) -> bool:
    """Whether the student's value is the reference's on every input."""
    values = [(reading.own[name], reading.expected[name]) for reading in readings]
    return all(not isinstance(own, WrongForm) and tolerance.close(own, expected) for own, expected in values)


def expected_from_own(reading: Reading, name: str) -> Array | None:
    """What `name` should be, given the student's own earlier values; None where they are no numbers."""
    earlier = set(reading.question.outputs[: reading.question.outputs.index(name)])
    needed = earlier & reading.derivation.ancestors(name)
    if any(isinstance(reading.own[value], WrongForm) for value in needed):
        return None
    with np.errstate(all="ignore"):
        try:
            return as_reference(reading.derivation.follow(name, reading.known_before(name)))
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
                return Verdict(
                    "wrong", f"`{label}`: not attempted yet (the placeholder `...` came back)", attempted=False
                )
            forgot = "; did you forget a `return`?" if kind == "nothing" else ""
            came = "" if "came back" in value.words else " came back"
            return Verdict("wrong", f"`{label}`: {value.words}{came}{forgot}")
        answers.append(value)
    return answers


def _changes(answers: Sequence[Array], tolerance: Tolerance) -> bool:
    """Whether the answer changes from input to input, among inputs of the same shape."""
    first: dict[tuple[int, ...], Array] = {}
    return any(tolerance.differ(answer, first.setdefault(answer.shape, answer)) for answer in answers)


def _judge_unchanged(run: Run, step: Step, tolerance: Tolerance) -> Verdict:
    for name in run.question.outputs:
        answers = _answers(run.readings, name)
        if isinstance(answers, Verdict):
            return answers
        if not _changes(answers, tolerance):
            return Verdict("wrong", f"`{run.question.label(name)}` is the same for every input")
    for reading in run.readings:
        changed = changed_arguments(reading)
        if changed:
            return Verdict("wrong", f"the call changed its argument `{changed[0]}` in place")
    return Verdict("right", "right")


def changed_arguments(reading: Reading) -> list[str]:
    """Names of the arguments that are not what they were before the call."""
    return [
        name
        for name, after in reading.arguments.items()
        if isinstance(after, (NotANumber, list)) or not np.array_equal(as_reference(reading.inputs[name]), after)
    ]
