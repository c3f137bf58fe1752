"""Puts our parts into nbgrader's configuration, beside what a course has configured already."""

from __future__ import annotations

from typing import Any

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearSolutions, Execute
from traitlets.config.loader import LazyConfigValue

from autograder.errors import UserError

READER = "autograder.platforms.nbgrader.reading.Reader"
GRADER = "autograder.platforms.nbgrader.grading.GradeOrExecute"
STUBS = "autograder.platforms.nbgrader.stubs.ClearSolutionsToStubs"


def configure(c: Any) -> None:
    """Make nbgrader grade our assignments; call it at the end of `nbgrader_config.py` with its `c`.

    In the course's lists of preprocessors ours take the places of nbgrader's `Execute` and `ClearSolutions`. They act
    on our assignments only, and do what nbgrader's do on any other.

    Raises
    ------
    UserError : the course has another preprocessor execute; it would run student code of ours without walls
    """
    c.Autograde.exporter_class = READER
    _put(c.Autograde, "autograde_preprocessors", Autograde, Execute, GRADER)
    if GRADER not in c.Autograde.autograde_preprocessors:
        raise UserError("c.Autograde.autograde_preprocessors has no nbgrader.preprocessors.Execute for ours to replace")
    _put(c.GenerateAssignment, "preprocessors", GenerateAssignment, ClearSolutions, STUBS)


def _put(section: Any, name: str, converter: Any, stock: type, ours: str) -> None:
    """In the list `name` of a converter's section, put `ours` in the place of `stock`."""
    default = list(converter.class_traits()[name].default())
    configured = section.get(name, default)
    if isinstance(configured, LazyConfigValue):  # the course appended to nbgrader's list
        configured = configured.get_value(default)
    section[name] = [ours if _is(entry, stock) else entry for entry in configured]


def _is(entry: Any, stock: type) -> bool:
    dotted = {f"{module}.{stock.__name__}" for module in (stock.__module__, stock.__module__.rpartition(".")[0])}
    return entry is stock or (isinstance(entry, str) and entry in dotted)
