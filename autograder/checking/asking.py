"""Asks a student one question with all its cases and sorts what comes back by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from autograder.checking.columns import Names, flat_numbers
from autograder.checking.derivation import Derivation
from autograder.checking.discretion import discreet
from autograder.checking.question import Inputs, Question, Rubric, flat
from autograder.checking.values import Tolerance, WrongForm, describe, in_form
from autograder.student.answers import Answer, Answers, Array, Calls, Failed, NotANumber, Plain, Replacements, Returned
from autograder.student.forms import plain_form

Ask: TypeAlias = Callable[["Calls", "Replacements | None"], "Sequence[Answer]"]
"""As `Student.ask`."""


class Run:
    """A question asked with all its cases; `failure` ends it early.

    Parameters
    ----------
    answers : the answers to the question's cases, the last of which may be a failure
    ask, replaced : how to ask further, and with which functions replaced
    """

    def __init__(
        self,
        question: Question,
        rubric: Rubric,
        answers: Sequence[Answer],
        ask: Ask,
        replaced: Replacements | None = None,
    ) -> None:
        self.question = question
        self.derivation = rubric.derivation
        self.expected = rubric.expected(question)
        self._answers = discreet(answers, question.function)
        self._due = rubric.as_it_comes(question)
        self._numbers: Array | None = None  # where the answers have the form that is due
        self.failure: Failed | None = None
        if isinstance(answers, Answers) and answers.form:
            self._numbers = answers.numbers if plain_form(answers.form) == self._due.form else None
        elif self._answers and isinstance(last := self._answers[-1], Failed):
            self.failure = last
        self.columns = rubric.flat_expected(question)
        self._ask = ask
        self._replaced = replaced
        self._observed: dict[str, list[dict[str, Any]]] = {}

    def failure_words(self) -> str:
        """What ended it early."""
        assert self.failure is not None
        return self.failure.words

    def failed_in_public(self) -> bool:
        """Whether it raised on the lecture's own numbers."""
        raised = self.failure is not None and self.failure.reason == "raised"
        return raised and len(self.readings) < self.question.public

    def tell(self, answers: Sequence[Answer]) -> None:
        """Put what it raised into a student's words: `answers` come from a process that was asked nothing else."""
        last = answers[-1]
        if isinstance(last, Failed) and last.reason == "raised":
            self.failure = last

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Each case that gave a value."""
        answers = enumerate(self._answers)
        return tuple(Reading(self, index, answer) for index, answer in answers if isinstance(answer, Returned))

    def expected_of(self, name: str) -> list[Array]:
        """The reference's value `name` in each case."""
        return [case[name] for case in self.expected]

    def is_out_of_form(self) -> bool:
        """Whether it failed, or some value has another form than is due."""
        if self.failure is not None:
            return True
        return any(isinstance(value, WrongForm) for reading in self.readings for value in reading.own.values())

    def agrees(self, name: str, tolerance: Tolerance) -> bool:
        """Whether the value `name` is the reference's in every case, told by a single comparison.

        False does not say that it is wrong: it may have come in another form, or follow from an earlier slip.
        """
        due = self.columns[name]
        if self._numbers is not None:
            return tolerance.close(self._numbers[self._due.values[name]], due.numbers)
        values: list[Array | float] = []
        for reading, shape in zip(self.readings, due.shapes, strict=True):
            value = reading.raw[name]
            if (isinstance(value, np.ndarray) and value.shape == shape) or (isinstance(value, float) and shape == ()):
                values.append(value)
            else:
                return False
        return tolerance.close(flat_numbers(values), due.numbers)

    def public_differences(self, name: str) -> Array | None:
        """|answer − reference| of each number of `name` on public inputs; None where they have to be looked at."""
        if self._numbers is None:
            return None
        at = self._due.public.get(name)
        return None if at is None else abs(self._numbers[at] - self.columns[name].numbers[: len(at)])

    def arguments_agree(self) -> bool:
        """Whether all arguments are what they were before the calls, told by a single comparison; see `agrees`."""
        if self._numbers is None or not len(self._due.sent):
            return False
        return bool((self._numbers[self._due.arguments] == self._due.sent).all())

    def same_answers(self, other: Run) -> bool:
        """Whether another run of the question came to the same."""
        if (self.failure is None) != (other.failure is None) or len(self.readings) != len(other.readings):
            return False
        if self.failure and other.failure and self.failure.words != other.failure.words:
            return False
        pairs = zip(self.readings, other.readings, strict=True)
        return all(_same(one.answer.value, two.answer.value) for one, two in pairs)

    def observed(self, name: str) -> list[dict[str, Any]]:
        """For each case, further values that `name` follows from, read from the student's own function, once."""
        if name not in self._observed:
            found: list[dict[str, Any]] = [{} for _ in self.readings]
            for value, observation in self.question.observes.get(name, {}).items():
                counts, calls = self.question.further_calls(observation)
                answers = self._ask(calls, self._replaced) if calls.arguments else []
                values = [
                    None if isinstance(answer, Failed) else unpack(answer.value, self.question.returns)
                    for answer in answers
                ]
                values += [None] * (sum(counts) - len(values))
                start = 0
                for reading, count, known in zip(self.readings, counts, found, strict=False):
                    read = observation.read([*values[start : start + count], reading.raw])
                    start += count
                    if read is not None:
                        known[value] = read
            self._observed[name] = found
        return self._observed[name]


@dataclass(frozen=True, eq=False)
class Reading:
    """One case of a run: what went in, what the reference says, what the student's function gave."""

    run: Run
    index: int
    answer: Returned

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.run.question

    @property
    def derivation(self) -> Derivation:
        """How the values follow from each other."""
        return self.run.derivation

    @property
    def inputs(self) -> Inputs:
        """The call's arguments by parameter name, as they went in."""
        return self.run.question.cases[self.index]

    @property
    def expected(self) -> Mapping[str, Array]:
        """The reference's values by name."""
        return self.run.expected[self.index]

    @property
    def arguments(self) -> Mapping[str, Plain]:
        """The call's arguments by parameter name, as they were after the call; empty where no step asks for them."""
        return dict(zip(self.question.inputs, self.answer.arguments, strict=False))

    @cached_property
    def raw(self) -> Mapping[str, Plain | WrongForm]:
        """The student's values by name."""
        return unpack(self.answer.value, self.question.returns)

    @cached_property
    def own(self) -> Mapping[str, Array | WrongForm]:
        """The student's values by name, each in the form that is due or described."""
        return {
            name: value if isinstance(value, WrongForm) else in_form(value, self.expected[name].shape)
            for name, value in self.raw.items()
        }

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
            known.update(self.run.observed(name)[self.index])
        return known


def run(question: Question, rubric: Rubric, ask: Ask, replaced: Replacements | None) -> Run:
    """Call the question's function once a case; stop at the first call that gives no value."""
    return Run(question, rubric, ask(question.calls, replaced), ask, replaced)


def _same(one: Plain, two: Plain) -> bool:
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same, one, two))
    if isinstance(one, NotANumber) or isinstance(two, NotANumber) or isinstance(one, list) or isinstance(two, list):
        return one == two if type(one) is type(two) else False
    if np.shape(one) != np.shape(two):
        return False
    one, two = np.asarray(one), np.asarray(two)
    return bool(((abs(one - two) <= 1e-9 + 1e-6 * abs(two)) | (one == two) | (np.isnan(one) & np.isnan(two))).all())


def unpack(value: Plain, names: Names) -> dict[str, Plain | WrongForm]:
    """Sort a function's answer by the names of what it should return."""
    if isinstance(names, str):
        return {names: value}
    parts: list[Plain] | None = None
    if isinstance(value, list):
        parts = value
    elif isinstance(value, np.ndarray) and value.ndim > 0 and len(value) == len(names):
        parts = list(value)
    if parts is None or len(parts) != len(names):
        if isinstance(value, NotANumber) and value.kind in {"nothing", "placeholder"}:
            return dict.fromkeys(flat(names), value)
        wrong = WrongForm(f"{describe(value)} came back where {len(names)} values are due: {_nested(names)}")
        return dict.fromkeys(flat(names), wrong)
    found: dict[str, Plain | WrongForm] = {}
    for part, name in zip(parts, names, strict=True):
        if isinstance(name, str):
            found[name] = part
        else:
            found.update(unpack(part, name))
    return found


def _nested(names: Names) -> str:
    """What is due, written as the function should return it: `((W, b), losses)`."""
    return names if isinstance(names, str) else f"({', '.join(map(_nested, names))})"
