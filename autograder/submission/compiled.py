"""A cell as Python sees it, looked at once: most cells of a class are the same, the template's own."""

from __future__ import annotations

import ast
import functools
import warnings
from collections.abc import Callable
from types import CodeType
from typing import Any, TypeVar

MAX_CHARACTERS = 4000  # of a cell that is remembered; its syntax tree takes a hundred times as much memory
MAX_REMEMBERED = 200  # looks, three a cell: the template's cells, and those of one student or two
Found = TypeVar("Found")


def once_a_class(look: Callable[[str], Found], cell: str) -> Found:
    """`look(cell)`, remembered for cells of ordinary size. What is returned must not be changed."""
    if len(cell) > MAX_CHARACTERS:
        return look(cell)
    found: Found = _remembered(look, cell)
    return found


@functools.lru_cache(maxsize=MAX_REMEMBERED)
def _remembered(look: Callable[[str], Any], cell: str) -> Any:
    return look(cell)


def compiled(cell: str) -> tuple[ast.Module, CodeType]:
    """The cell's syntax tree and its code, which is never run here.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError : it is no Python
    """
    return once_a_class(_compile, cell)


def _compile(cell: str) -> tuple[ast.Module, CodeType]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SyntaxWarning: the student's, not the grader's
        tree = ast.parse(cell)
        return tree, compile(tree, "<cell>", "exec", dont_inherit=True)
