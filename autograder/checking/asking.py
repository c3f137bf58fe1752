"""Asks a student one question with all its cases and sorts what comes back by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograder.checking.derivation import Derivation
from autograder.checking.question import Inputs, Names, Question, Rubric, flat
from autograder.checking.values import WrongForm, describe, in_form
from autograder.student.answers import Array, Failed, NotANumber, Plain, Replacements, Student


@dataclass(frozen=True)
class Reading:
    """One case: what went in, what the reference says, what the student's function gave.

    Parameters
    ----------
    expected : the reference's values by name
    own : the student's values by name, each in the form that is due or described
    raw : the same before they were brought into form
    arguments : the call's arguments by parameter name, as they were after the call
    """

    question: Question
    derivation: Derivation
    student: Student
    replaced: Replacements | None
    inputs: Inputs
    expected: Mapping[str, Array]
    own: Mapping[str, Array | WrongForm]
    raw: Mapping[str, Plain | WrongForm]
    arguments: Mapping[str, Plain]

    def known_before(self, name: str, *, own: bool = True) -> dict[str, Any]:
        """What the value `name` may follow from: the inputs and the earlier values that are numbers.

        With `own` they are the student's earlier values, otherwise the reference's.
        """
        known: dict[str, Any] = dict(self.inputs)
        for earlier in self.question.outputs[: self.question.outputs.index(name)]:
            value = self.own[earlier] if own else self.expected[earlier]
            if not isinstance(value, WrongForm):
                known[earlier] = value
        if own:
            known.update(self._observed(name))
        return known

    def _observed(self, name: str) -> dict[str, Any]:
        """Further values that `name` follows from, read from the student's own function; asked for once."""
        if name not in self._observations:
            self._observations[name] = self._observe(name)
        return self._observations[name]

    @cached_property
    def _observations(self) -> dict[str, dict[str, Any]]:
        return {}

    def _observe(self, name: str) -> dict[str, Any]:

        def ask_again(**changed: Any) -> dict[str, Any] | None:
            inputs = {**self.inputs, **changed}
            arguments = [inputs[name] for name in self.question.inputs]
            (answer,) = self.student.ask(self.question.function, [arguments], self.replaced)
            return None if isinstance(answer, Failed) else dict(unpack(answer.value, self.question.returns))

        wanted = self.question.observes.get(name, {})
        found = {value: observe(ask_again, self.inputs) for value, observe in wanted.items()}
        return {value: read for value, read in found.items() if read is not None}


@dataclass(frozen=True)
class Run:
    """A question asked with all its cases; `failure` ends it early."""

    question: Question
    readings: tuple[Reading, ...]
    failure: Failed | None = None


def ask(question: Question, rubric: Rubric, student: Student, replaced: Replacements | None) -> Run:
    """Call the question's function once a case; stop at the first call that gives no value."""
    readings: list[Reading] = []
    cases = [[inputs[name] for name in question.inputs] for inputs in question.cases]
    answers = student.ask(question.function, cases, replaced)
    # a call that failed was the last
    for inputs, expected, answer in zip(question.cases, rubric.expected(question), answers, strict=False):
        if isinstance(answer, Failed):
            return Run(question, tuple(readings), answer)
        raw = unpack(answer.value, question.returns)
        readings.append(
            Reading(
                question=question,
                derivation=rubric.derivation,
                student=student,
                replaced=replaced,
                inputs=inputs,
                expected=expected,
                own={
                    name: value if isinstance(value, WrongForm) else in_form(value, expected[name].shape)
                    for name, value in raw.items()
                },
                raw=raw,
                arguments=dict(zip(question.inputs, answer.arguments, strict=True)),
            )
        )
    return Run(question, tuple(readings))


def _nested(names: Names) -> str:
    """What is due, written as the function should return it: `((W, b), losses)`."""
    return names if isinstance(names, str) else f"({', '.join(map(_nested, names))})"


def unpack(value: Plain, names: Names) -> dict[str, Plain | WrongForm]:
    """Sort a function's answer by the names of what it should return."""
    if isinstance(names, str):
        return {names: value}
    parts: list[Plain] | None = None
    if isinstance(value, list):
        parts = value
    elif isinstance(value, np.ndarray) and value.ndim > 0:
        parts = list(value)
    if parts is None or len(parts) != len(names):
        if isinstance(value, NotANumber) and value.kind in {"nothing", "placeholder"}:
            return dict.fromkeys(flat(names), value)
        wrong = WrongForm(f"{describe(value)} came back where {len(names)} values are due: {_nested(names)}")
        return dict.fromkeys(flat(names), wrong)
    found: dict[str, Plain | WrongForm] = {}
    for part, name in zip(parts, names, strict=True):
        found.update(unpack(part, name))
    return found
