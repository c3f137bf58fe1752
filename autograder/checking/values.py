"""Form and tolerance: when does what came back count as the number or array that was due?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.student.answers import Array, NotANumber, Plain


@dataclass(frozen=True)
class Tolerance:
    """A value counts when |answer − reference| ≤ absolute + relative · |reference|, elementwise."""

    absolute: float = 1e-4
    relative: float = 1e-3

    def close(self, answer: Array | np.float64, reference: Array | np.float64) -> bool:
        """Whether every element of `answer` counts as the element of `reference` (same shape)."""
        return bool(self.elements_close(answer, reference).all())

    def elements_close(self, answer: Array | np.float64, reference: Array | np.float64) -> NDArray[np.bool_]:
        """Which elements of `answer` count as the element of `reference`; NaN and infinity count as nothing."""
        close: NDArray[np.bool_] = abs(answer - reference) <= self.absolute + self.relative * abs(reference)
        close &= np.isfinite(reference)
        return close

    def differ(self, first: Array, second: Array) -> bool:
        """Whether two answers of the same shape are told apart by this tolerance."""
        return not self.close(first, second)


@dataclass(frozen=True)
class WrongForm:
    """What came back cannot count as the value that was due; `words` say what it is."""

    words: str


def in_form(value: Plain, shape: tuple[int, ...]) -> Array | WrongForm:
    """Bring an answer into the shape that is due, or say why it has another form.

    A number, a 0-d and a one-element array count as a scalar; a list or array of shape (n, 1) or (1, n)
    counts for (n,). Nothing else is reshaped: a (2, 2) matrix must come the right way round.
    """
    if isinstance(value, np.ndarray) and value.shape == shape and np.isfinite(value).all():
        return value
    if isinstance(value, float) and shape == () and math.isfinite(value):
        return np.array(value)
    if isinstance(value, NotANumber):
        return WrongForm(describe(value))
    array = _to_array(value)
    if isinstance(array, WrongForm):
        return array
    if not np.all(np.isfinite(array)):
        return WrongForm(_not_finite(array))
    if array.shape == shape:
        return array
    if shape == () and array.size == 1:
        return array.reshape(())
    if len(shape) == 1 and array.shape in {(shape[0], 1), (1, shape[0])}:
        return array.reshape(shape)
    return WrongForm(f"{describe(value)} came back where {shape_words(shape)} is due")


def _to_array(value: float | Array | list[Plain]) -> Array | WrongForm:
    if not isinstance(value, list):
        return np.asarray(value, dtype=np.float64)
    parts = []
    for item in value:
        if isinstance(item, NotANumber):
            return WrongForm(f"a list that holds {item.words}")
        part = _to_array(item)
        if isinstance(part, WrongForm):
            return part
        parts.append(part.reshape(()) if isinstance(item, np.ndarray) and part.size == 1 else part)
    if len({part.shape for part in parts}) > 1:
        return WrongForm("a list whose entries have different shapes")
    return np.array(parts, dtype=np.float64)


def _not_finite(array: Array) -> str:
    what = "NaN" if np.any(np.isnan(array)) else "an infinite number"
    return what if array.size == 1 else f"an array that holds {what}"


def describe(value: Plain) -> str:
    """What came back, in a few words: its type and shape, never its numbers."""
    if isinstance(value, NotANumber):
        return value.words
    if isinstance(value, list):
        return f"a list of {len(value)} values" if len(value) != 1 else "a list of one value"
    array = np.asarray(value)
    return "a number" if array.shape == () else f"an array of shape {array.shape}"


def shape_words(shape: tuple[int, ...]) -> str:
    """The form that is due, in words."""
    return "a number" if shape == () else f"an array of shape {shape}"


def as_reference(value: Any) -> Array:
    """A value of the derivation as a float64 array."""
    return np.asarray(value, dtype=np.float64)
