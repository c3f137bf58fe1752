"""Remembers what was found out about a cell, since most cells of a class are the same: the template's own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

MAX_CHARACTERS = 4000  # of a cell that is remembered
Found = TypeVar("Found")


def once_a_class(look: Callable[[str], Found], cell: str) -> Found:
    """`look(cell)`, remembered for cells of ordinary size. What is returned must not be changed."""
    if len(cell) > MAX_CHARACTERS:
        return look(cell)
    found: Found = _remembered(look, cell)
    return found


@functools.lru_cache(maxsize=512)
def _remembered(look: Callable[[str], Any], cell: str) -> Any:
    return look(cell)
