"""Writes feedback pages and the class report beside the results."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from autograder.checking.question import Assignment
from autograder.checking.result import AssignmentResult
from autograder.course import load_assignment
from autograder.errors import UserError
from autograder.feedback.class_figures import ClassFigures
from autograder.feedback.class_page import StudentRow, report, tables, write_csv, write_json
from autograder.feedback.student_page import StudentPages
from autograder.grading.grades_file import named_after, result_path
from autograder.grading.journal import Row
from autograder.grading.one import Outcome

FOLDER, REPORT, FIGURES = "feedback", "report.html", "report"


@cache
def _pages(assignment: str) -> StudentPages:
    return StudentPages(load_assignment(assignment))


def feedback_path(file: str, folder: Path) -> Path:
    """Where the page of a submission is."""
    return folder / FOLDER / named_after(file, ".html")


def write_feedback(outcome: Outcome, assignment: str, folder: Path) -> Path:
    """Write `feedback/FILE.html` for one submission."""
    pages = _pages(assignment)
    if outcome.result is None:
        text = pages.page_of_ungraded(outcome.file, outcome.status)
    else:
        text = pages.page(outcome.file, outcome.result, outcome.cell_errors)
    path = feedback_path(outcome.file, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
    return path


def write_report(rows: Callable[[], Iterable[Row]], assignment: Assignment, folder: Path) -> Path:
    """Write `report.html`, and its figures as CSV and JSON into `report/`.

    `rows` gives the finished submissions; it is called twice, and each result is read, counted and forgotten.

    Raises
    ------
    UserError : a result is not what was written
    """
    figures = ClassFigures(assignment)
    for row in rows():
        figures.add(_result(row, folder), row.status)
    path = folder / REPORT
    _write(path, lambda stream: stream.writelines(report(figures, map(_student, rows()))))
    (folder / FIGURES).mkdir(exist_ok=True)
    _write(folder / FIGURES / "figures.json", lambda stream: write_json(figures, stream))
    for name, table in tables(figures).items():
        _write(folder / FIGURES / f"{name}.csv", lambda stream, table=table: write_csv(table, stream))  # type: ignore[misc]
    return path


def _result(row: Row, folder: Path) -> AssignmentResult | None:
    if row.points is None:
        return None
    path = result_path(row.file, folder)
    try:
        return AssignmentResult.from_dict(json.loads(path.read_bytes())["result"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{path}: not a result of `autograder grade`; delete it and grade again") from None


def _student(row: Row) -> StudentRow:
    link = quote(os.fsencode(f"{FOLDER}/{named_after(row.file, '.html')}"))
    return StudentRow(row.file, link, row.points, row.first_slip)


def _write(path: Path, write: Callable[[TextIO], None]) -> None:
    """A reader sees the old file or the new one, never half of it."""
    temporary = path.with_suffix(f"{path.suffix}.part")
    with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        write(stream)
    temporary.replace(path)
