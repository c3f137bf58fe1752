"""Reads `final_grades.csv`, and beside it the points of each step in `results/`."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.feedback.text import one_line
from autograder.grading.grades_file import named_after
from autograder.scores.decimals import parsed, shown
from autograder.scores.people import delimiter

POINTS_ROW = "points-per-question"
TOTAL, PERCENT, STATUS = "total_points_earned", "percent_correct", "grading_status"
COMPLETED = "completed"


@dataclass(frozen=True)
class Part:
    """A question or a step: what it is worth, what was earned, and of a step what came back, with the hint."""

    name: str
    earned: Decimal
    points: Decimal
    words: str = ""


@dataclass(frozen=True)
class GradeRow:
    """One submission.

    Parameters
    ----------
    file : names the submission, not the student
    points : None where the row holds no usable number; `problem` says why
    status : "Completed", or why it was not graded completely
    questions, steps : earned points; steps are empty where `results/` says nothing
    """

    file: str
    points: Decimal | None
    problem: str = ""
    status: str = "Completed"
    questions: tuple[Part, ...] = ()
    steps: tuple[Part, ...] = ()

    @property
    def completed(self) -> bool:
        """Whether it was graded completely; a crashed notebook shows zeros and only the status tells."""
        return self.status.strip().casefold() == COMPLETED


@dataclass(frozen=True)
class Grades:
    """A grades file: the points that can be earned, and its rows."""

    path: Path
    digest: str
    maximum: Decimal
    rows: tuple[GradeRow, ...]
    questions: dict[str, Decimal] = field(default_factory=dict)


def read_grades(path: Path) -> Grades:
    """Read a grades file as `autograder grade` and `otter grade` write it.

    Raises
    ------
    UserError : it cannot be read, lacks a column, or lacks the row of points
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8 text") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        names, lines = list(reader.fieldnames or []), list(reader)
    except csv.Error as error:
        raise UserError(f"{path}: not a CSV file: {error}") from None
    for column in ("file", TOTAL, STATUS):
        if column not in names:
            hint = "is it a final_grades.csv?"
            if delimiter(text) != ",":
                hint = "save it as it was written, with commas between the columns and points in the numbers"
            raise UserError(f"{path}: no column {column!r}; {hint}")
    questions = [name for name in names if name not in ("file", TOTAL, PERCENT, STATUS)]
    first = next((line for line in lines if line["file"] == POINTS_ROW), None)
    if first is None:
        raise UserError(f"{path}: no row {POINTS_ROW!r}, so nothing says how many points there are")
    try:
        maximum = parsed(first[TOTAL] or "")
        worth = {name: parsed(first[name] or "") for name in questions}
    except ValueError as error:
        raise UserError(f"{path}: row {POINTS_ROW!r}: {error}") from None
    if maximum <= 0:
        raise UserError(f"{path}: row {POINTS_ROW!r}: {shown(maximum)} points in all")
    rows = [_row(line, worth, maximum) for line in lines if line["file"] != POINTS_ROW]
    names_seen = [row.file for row in rows]
    twice = {name for name in names_seen if names_seen.count(name) > 1} if len(set(names_seen)) < len(rows) else set()
    rows = [replace(row, points=None, problem="named twice in the grades file") if row.file in twice else row
            for row in rows]  # fmt: skip
    rows = [_with_steps(row, path.parent / "results") for row in rows]
    return Grades(path, hashlib.sha256(content).hexdigest(), maximum, tuple(rows), worth)


def _row(line: dict[str, Any], worth: dict[str, Decimal], maximum: Decimal) -> GradeRow:
    file, status = line["file"] or "", (line[STATUS] or "").strip()
    try:
        points = parsed(line[TOTAL] or "")
        earned = tuple(Part(name, parsed(line[name] or ""), worth[name]) for name in worth)
    except ValueError as error:
        return GradeRow(file, None, str(error), status)
    problem = ""
    if points < 0:
        problem = f"negative: {shown(points)} points"
    elif points > maximum:
        problem = f"over the maximum: {shown(points)} of {shown(maximum)} points"
    return GradeRow(file, None if problem else points, problem, status, earned)


def _with_steps(row: GradeRow, results: Path) -> GradeRow:
    """The row with the steps of its JSON result, where there is one that tells the same total.

    The result holds more decimals than the grades file, so a score is rounded once, not twice.
    """
    if row.points is None:
        return row
    path = inside(results, named_after(row.file, ".json"))
    if path is None:
        return row
    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
        found = data["result"]["questions"] if data.get("result") else []
        steps = tuple(
            Part(s["step"], s["earned"], s["points"], _words(s)) for question in found for s in question["steps"]
        )
        exact = sum((step.earned for step in steps), Decimal(0))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{path}: not a result of `autograder grade`; grade again, or move it away") from None
    if not steps or abs(exact - row.points) > Decimal("0.0001"):
        return row  # someone changed the total by hand: it stands, and the steps no longer explain it
    return replace(row, points=exact, steps=steps)


def _words(step: dict[str, Any]) -> str:
    """What came back and the hint; a result of `otter grade` or of an older version may have none."""
    words, hint = str(step.get("words", "")), str(step.get("hint", ""))
    return one_line(f"{words}. {hint}" if hint else words)


def inside(folder: Path, name: str) -> Path | None:
    """The file `name` below `folder`; None where there is none, or where the name leads out of the folder."""
    try:
        path = (folder / name).resolve()
        found = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if found else None
