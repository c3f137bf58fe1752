"""Points as decimal numbers: read strictly, scaled and rounded in one place."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?")


def parsed(text: str) -> Decimal:
    """The number that `text` spells.

    Raises
    ------
    ValueError : it is none; a decimal comma is said by name
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        raise ValueError(f"a decimal comma: {text!r}; write {text.replace(',', '.')}")
    raise ValueError(f"not a number: {text!r}" if text else "no number")


def of_json(value: object) -> Decimal | None:
    """A number as JSON brought it (number or text); None for nothing there."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    return parsed(str(value))


def scaled(points: Decimal, maximum: Decimal, lms_maximum: Decimal, places: int) -> Decimal:
    """Points in the LMS's own scale, rounded once, halves up: the only place where a score is rounded."""
    exact = points if maximum == lms_maximum else points * lms_maximum / maximum
    return rounded(exact, places)


def rounded(value: Decimal, places: int) -> Decimal:
    """`value` with `places` decimals, halves away from zero."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def shown(value: Decimal) -> str:
    """Without trailing zeros and never with an exponent: 16.5, 20, 0.05."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
