"""Turns one code cell into plain Python: magics and shell lines neither break it nor run a program."""

from __future__ import annotations

import ast
import functools
import re
import warnings
from typing import Any

# Cell magics that run their body as Python; the body of any other one is not run.
_RUNS_ITS_BODY = {"time", "capture", "prun", "debug", "timeit"}
# What only IPython understands: %magic, !command, ?help, help?, and the same behind an equals sign.
_SHELL_LIKE = re.compile(r"^\s*[%!?,;/]|\?\s*$|=\s*[%!]", re.MULTILINE)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*(?:\n|\Z)")


def python_source(source: str) -> str:
    """The cell as Python source.

    Valid Python is returned as it is. Otherwise IPython's own rules apply: `%magic` and `!command` become calls
    of `get_ipython()`, which does nothing while grading; a cell that is no Python even then is returned as
    it is, so that running it says what is wrong with it.
    """
    cell_magic = _CELL_MAGIC.match(source)
    if cell_magic:
        return python_source(source[cell_magic.end() :]) if cell_magic.group(1) in _RUNS_ITS_BODY else ""
    if not _SHELL_LIKE.search(source) or _is_python(source):
        return source
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
