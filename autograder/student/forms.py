"""The forms in which values travel (see `beside.py`), and which of them come to the same."""

from __future__ import annotations

import functools
import re
from typing import Any

from autograder.student.beside import Values

_LIST_OF_NUMBERS = re.compile(r"\( ((?:\. )+)\)")
_SCALAR_ARRAY = re.compile(r"(?<!\S)a(?!\S)")


@functools.lru_cache(maxsize=256)
def plain_form(form: str) -> str:
    """`form` with lists of numbers as arrays and 0-d arrays as numbers: the numbers come in the same order.

    >>> plain_form("( a2 ( . . ) a )")
    '( a2 a2 . )'
    """
    return _LIST_OF_NUMBERS.sub(lambda found: f"a{len(found[1]) // 2}", _SCALAR_ARRAY.sub(".", form))


def form_and_numbers(value: Any) -> tuple[str, bytes]:
    """The form of a value, and its numbers as raw float64."""
    values = Values()
    form = values.form(value)
    return form, b"".join(values.numbers)
