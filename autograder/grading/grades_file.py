"""Writes `final_grades.csv` with otter-grader's own columns, and one JSON result a submission."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.checking.question import Assignment
from autograder.csv_lines import CsvLines
from autograder.grading.journal import Row
from autograder.grading.one import Outcome

FILE_NAME = "final_grades.csv"
POINTS_ROW = "points-per-question"
MOST_NAME_BYTES = 255  # of a file's name, on every common file system
_LIKE_OURS = re.compile(r"\.(?:html|json)~*\Z", re.IGNORECASE)


def write_grades(rows: Iterable[Row], assignment: Assignment, folder: Path) -> Path:
    """Write the grades file: a row of the points per question, then a row a submission, in the order given.

    Columns: `file`, one a question, `total_points_earned`, `percent_correct`, `grading_status`; a submission
    that could not be graded has zeros and says why in `grading_status`.
    """
    path = folder / FILE_NAME
    write_table(((row.file, row.points, 0.0, row.status) for row in rows), assignment, path)
    return path


def write_table(
    lines: Iterable[tuple[str, Mapping[str, float] | None, float, str]], assignment: Assignment, path: Path
) -> None:
    """Write a grades file of lines (file, points by question, penalty, status); the penalty is taken from the total."""
    questions = assignment.rubric.questions
    points = [number(assignment.question_points(q)) for q in questions]
    header = ["file", *(q.name for q in questions), "total_points_earned", "percent_correct", "grading_status"]
    temporary = path.with_name(f"{path.name}.part")
    with temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace") as stream:
        table = CsvLines(stream)
        table.row(header)
        table.row([POINTS_ROW, *points, number(assignment.total), "1", "--"])
        for file, earned_by, penalty, status in lines:
            earned = [earned_by[q.name] if earned_by else 0.0 for q in questions]
            total = max(0.0, sum(earned) - penalty)
            percent = round(total / assignment.total, 4) if assignment.total else 0.0
            table.row([file, *map(number, earned), number(total), number(percent), status])
    temporary.replace(path)  # a reader sees the old file or the new one, never half of it


def write_result(outcome: Outcome, folder: Path) -> Path:
    """Write `results/FILE.json` for one submission."""
    path = result_path(outcome.file, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(outcome.to_dict(), ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path


def result_path(file: str, folder: Path) -> Path:
    """Where the result of a submission is."""
    return folder / "results" / named_after(file, ".json")


def named_after(file: str, suffix: str) -> str:
    """What a file that belongs to the submission `file` is called: its name and `suffix`.

    A name that is too long for that is cut; a hash of it tells it from others that begin alike. A folder that is called
    like such a file, `ada.ipynb.html` beside `ada.ipynb`, gets a `~`, so that both have their place.
    """
    *folders, name = file.split("/")
    folder = "".join(f"{part}~/" if _LIKE_OURS.search(part) else f"{part}/" for part in folders)
    full = os.fsencode(name) + suffix.encode("ascii")
    if len(full) > MOST_NAME_BYTES:
        end = f"-{hashlib.sha256(full).hexdigest()[:16]}{suffix}"
        name, suffix = os.fsencode(name)[: MOST_NAME_BYTES - len(end)].decode("utf-8", "ignore"), end
    return f"{folder}{name}{suffix}"


def number(value: float) -> str:
    """Points as a grades file shows them: `1`, `0.5`, `3.3333`, `123.4567`."""
    return f"{round(value, 4):.4f}".rstrip("0").rstrip(".")
