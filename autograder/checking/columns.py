"""The reference's answers to a question as a student's arrive: side by side, so that all cases are compared at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograder.student.answers import Array
from autograder.student.forms import form_and_numbers, plain_form

Names: TypeAlias = str | tuple["Names", ...]
Positions: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Column:
    """One value in every case of a question.

    Parameters
    ----------
    numbers : of all cases, one after the other
    shapes : of the value, case by case
    starts : where each case begins among the numbers
    """

    numbers: Array
    shapes: tuple[tuple[int, ...], ...]
    starts: list[int]

    @classmethod
    def of(cls, values: Sequence[Array]) -> Column:
        """The column of the values of each case."""
        sizes = [value.size for value in values]
        starts = [sum(sizes[:index]) for index in range(len(sizes))]
        return cls(flat_numbers(values), tuple(value.shape for value in values), starts)


def flat_numbers(values: Sequence[Array | float]) -> Array:
    """The numbers of several values, one after the other."""
    if all(type(value) is float for value in values):
        return np.array(values)
    return np.concatenate([value.reshape(-1) if isinstance(value, np.ndarray) else (value,) for value in values])


@dataclass(frozen=True, eq=False)
class AsItComes:
    """All answers to a question in one form.

    Parameters
    ----------
    form : of the reference's answers, made plain
    values : by name, where its numbers stand in all cases
    public : the same in the public cases alone
    arguments, sent : where the arguments after each call stand, and what they were before
    """

    form: str
    values: Mapping[str, Positions]
    public: Mapping[str, Positions]
    arguments: Positions
    sent: Array

    @classmethod
    def of(
        cls,
        returns: Names,
        expected: Sequence[Mapping[str, Array]],
        sent: Sequence[tuple[Any, ...]] | None,
        public: int,
    ) -> AsItComes:
        """Of the values that each case should give; `sent` are the arguments where the answers report them."""
        forms: list[str] = []
        at: dict[str, list[int]] = {}
        at_public: dict[str, list[int]] = {}
        arguments: list[int] = []
        numbers: list[bytes] = []
        position = 0
        for index, case in enumerate(expected):
            form, position = _place(returns, case, position, at)
            if sent is not None:
                sent_form, sent_numbers = form_and_numbers(sent[index])
                form = f"( {form} {sent_form} )"
                end = position + len(sent_numbers) // 8
                arguments += range(position, end)
                numbers.append(sent_numbers)
                position = end
            forms.append(form)
            if index < public:
                at_public = {name: list(found) for name, found in at.items()}
        return cls(
            plain_form(" ".join(forms)),
            {name: np.array(found) for name, found in at.items()},
            {name: np.array(found) for name, found in at_public.items()},
            np.array(arguments, dtype=np.intp),
            np.frombuffer(b"".join(numbers), dtype="<f8"),
        )


def _place(names: Names, case: Mapping[str, Array], position: int, at: dict[str, list[int]]) -> tuple[str, int]:
    """The form of one case's values from `position` on, and the position behind them."""
    if isinstance(names, str):
        value = case[names]
        at.setdefault(names, []).extend(range(position, position + value.size))
        return "a" + ",".join(map(str, value.shape)) if value.shape else ".", position + value.size
    parts = []
    for name in names:
        part, position = _place(name, case, position, at)
        parts.append(part)
    return f"( {' '.join(parts)} )", position
