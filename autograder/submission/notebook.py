"""Reads a notebook or script file into the code cells that are run."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.submission.cells import python_sources

MAX_BYTES = 50_000_000
MAX_CODE = 500_000  # characters in all code cells together
MAX_CELLS = 5_000  # with code
IGNORE_TAG = "otter_ignore"
_SCRIPT_CELL = re.compile(r"^# (?:%%.*|In[^\S\n]*\[[^\]\n]*\]:?[^\S\n]*)$", re.MULTILINE)


class Unreadable(UserError):
    """The file cannot be graded; the message says why, in words that fit a grades file."""


@dataclass(frozen=True)
class Notebook:
    """The code of a submission.

    Parameters
    ----------
    cells : Python source of each code cell that is to be run, in order
    assignment : the assignment that the file says it belongs to, "" where it does not say
    """

    cells: tuple[str, ...]
    assignment: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell as it was handed in.

    Parameters
    ----------
    code : whether it is a code cell
    runs : whether it is one that grading runs
    metadata : whatever the file says there; the student's own
    """

    source: str
    code: bool
    runs: bool
    metadata: dict[str, Any]


def read(path: Path) -> Notebook:
    """Read a notebook (`.ipynb`) or a script (`.py`).

    Raises
    ------
    Unreadable : it is empty, corrupt, no notebook, or holds no code or too much of it
    """
    text = _text(path)
    notebook = _from_json(text) if path.suffix.lower() == ".ipynb" else _from_script(text)
    if not any(cell.strip() for cell in notebook.cells):
        raise Unreadable("empty notebook: it has no code cell")
    return notebook


def read_cells(path: Path) -> list[Cell]:
    """All cells of a notebook (`.ipynb`) in order, text cells too; those with `runs` are the ones that `read` gives.

    Raises
    ------
    Unreadable : it is empty, corrupt or no notebook
    """
    return [
        Cell(_source(cell), is_code := cell.get("cell_type") == "code", is_code and not _ignored(cell), _metadata(cell))
        for cell in _data_and_cells(_text(path))[1]
    ]


def _text(path: Path) -> str:
    if path.suffix.lower() not in {".ipynb", ".py"}:
        raise Unreadable(f"not a notebook: a {path.suffix or 'file without suffix'} came, .ipynb or .py is due")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"too large: more than {MAX_BYTES // 1_000_000} MB")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Unreadable("not a notebook: not UTF-8 text") from None
    if not text.strip():
        raise Unreadable("empty file")
    return text


def _from_json(text: str) -> Notebook:
    data, cells = _data_and_cells(text)
    code = [_source(cell) for cell in cells if cell.get("cell_type") == "code" and not _ignored(cell)]
    return Notebook(_python(code), _assignment_of(data))


def _python(code: list[str]) -> tuple[str, ...]:
    _refuse_too_much(sum(map(len, code)), MAX_CODE, "characters")
    _refuse_too_much(len(code), MAX_CELLS, "cells")
    return python_sources(code)


def _refuse_too_much(count: int, most: int, what: str) -> None:
    if count > most:
        raise Unreadable(f"more code than an exercise needs: {count:,} {what}, at most {most:,} are read")


def _data_and_cells(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"corrupt notebook: not valid JSON{where}") from None
    cells = _cells_of(data)
    if cells is None:
        raise Unreadable("not a notebook: valid JSON, but without a list of cells")
    return data, cells


def _cells_of(data: Any) -> list[dict[str, Any]] | None:
    """The cells of a notebook of format 4, or of the older format 3 with its worksheets."""
    if not isinstance(data, dict):
        return None
    lists = [data.get("cells")]
    if isinstance(data.get("worksheets"), list):
        lists = [sheet.get("cells") for sheet in data["worksheets"] if isinstance(sheet, dict)]
    if not lists or not all(isinstance(cells, list) for cells in lists):
        return None
    return [cell for cells in lists for cell in cells or () if isinstance(cell, dict)]


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _metadata(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = cell.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _ignored(cell: dict[str, Any]) -> bool:
    metadata = _metadata(cell)
    tags, otter = metadata.get("tags"), metadata.get("otter")
    tagged = isinstance(tags, list) and IGNORE_TAG in tags
    return tagged or (isinstance(otter, dict) and otter.get("ignore") is True)


def _assignment_of(data: dict[str, Any]) -> str:
    metadata = data.get("metadata")
    for key, name in (("autograder", "assignment"), ("otter", "assignment_name")):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        found = part.get(name) if isinstance(part, dict) else None
        if isinstance(found, str) and found:
            return found
    return ""


def _from_script(text: str) -> Notebook:
    """A script: one cell for each `# %%` or `# In [n]:` marker, else the whole."""
    return Notebook(_python(_SCRIPT_CELL.split(text)))


def defines_any(notebook: Notebook, names: Collection[str]) -> bool:
    """Whether the code binds one of `names` anywhere."""
    plainly = re.compile(rf"^[ \t]*(?:def\s+)?(?:{'|'.join(map(re.escape, names))})\s*[(=]", re.MULTILINE)
    return any(plainly.search(cell) for cell in notebook.cells) or bool(_bound_names(notebook) & set(names))


def _bound_names(notebook: Notebook) -> set[str]:
    found: set[str] = set()
    for cell in notebook.cells:
        try:
            tree = ast.parse(cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            found.update(re.findall(r"^[^\S\n]*(?:async\s+)?def\s+(\w+)", cell, re.MULTILINE))
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                found.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    return found
