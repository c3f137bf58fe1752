"""Turns one code cell into plain Python: magics and shell lines neither break it nor run a program."""

from __future__ import annotations

import ast
import functools
import math
import re
import warnings
from collections.abc import Iterable
from typing import Any

# Cell magics that run their body as Python; the body of any other one is not run.
_RUNS_ITS_BODY = {"time", "capture", "prun", "debug", "timeit"}
# What only IPython understands: %magic, !command, ?help, help?, and the same behind an equals sign.
# Spaces are those of one line: with \s a file of line breaks would be looked through once for each of them.
_SHELL_LIKE = re.compile(r"^[^\S\n]*[%!?,;/]|\?[^\S\n]*$|=[^\S\n]*[%!]", re.MULTILINE)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*(?:\n|\Z)")
# IPython looks through the whole cell again for each line that it changes, and from each letter of a word before a "?".
MOST_CHARACTERS = 50_000  # of a cell that its rules are tried on
MOST_LOOKED_THROUGH = 500_000  # characters, again and again, in one submission: some seconds
_ODD_LINE_END = re.compile(
    "[\x1c-\x1e\x85\u2028\u2029]"
)  # of str.splitlines, but not of Python's: it never comes to an end
_LONG_WORD = re.compile(r"[\w*.\[\]-]{300}")


def python_source(source: str) -> str:
    """The cell as Python source.

    Valid Python is returned as it is. Otherwise IPython's own rules apply: `%magic` and `!command` become calls
    of `get_ipython()`, which does nothing while grading; a cell that is no Python even then, or that is too much
    work, is returned as it is, so that running it says what is wrong with it.
    """
    return python_sources([source])[0]


def python_sources(sources: Iterable[str]) -> tuple[str, ...]:
    """`python_source` of each cell of one submission, with a bound for the work on all of them."""
    found: list[str] = []
    left: float = MOST_LOOKED_THROUGH
    for source in map(_body, sources):
        if not _SHELL_LIKE.search(source) or _is_python(source) or (work := _work(source)) > left:
            found.append(source)
            continue
        left -= work
        found.append(_transformed(source))
    return tuple(found)


def _body(source: str) -> str:
    """The cell without its cell magics; "" where they do not run it."""
    start = 0
    while cell_magic := _CELL_MAGIC.match(source, start):
        if cell_magic.group(1) not in _RUNS_ITS_BODY:
            return ""
        start = cell_magic.end()
    return source[start:]


def _work(source: str) -> float:
    """How many characters IPython may look through."""
    if len(source) > MOST_CHARACTERS or _ODD_LINE_END.search(source) or ("?" in source and _LONG_WORD.search(source)):
        return math.inf
    lines = sum(line.lstrip().startswith((",", ";", "/")) for line in source.splitlines())
    return len(source) * (1 + lines + sum(map(source.count, "%!?")))


def _transformed(source: str) -> str:
    try:
        transformed: str = _transformer().transform_cell(source)
    except Exception:  # noqa: BLE001 - IPython's rules stumble over some text that is no Python; it is then run as it is
        return source
    return transformed if _is_python(transformed) else source


def _is_python(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SyntaxWarning: the student's, not the grader's
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@functools.lru_cache(maxsize=1)
def _transformer() -> Any:
    from IPython.core.inputtransformer2 import TransformerManager  # slow to import, rarely needed

    return TransformerManager()
