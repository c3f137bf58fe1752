"""Writes `final_grades.csv` with otter-grader's own columns, and one JSON result a submission."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

from autograder.checking.question import Assignment
from autograder.grading.one import Outcome

FILE_NAME = "final_grades.csv"
POINTS_ROW = "points-per-question"


def write_grades(outcomes: Iterable[Outcome], assignment: Assignment, folder: Path) -> Path:
    """Write the grades file: a row of the points per question, then a row a submission, sorted by file.

    Columns: `file`, one a question, `total_points_earned`, `percent_correct`, `grading_status`; a submission
    that could not be graded has zeros and says why in `grading_status`.
    """
    questions = assignment.rubric.questions
    rows: list[list[str]] = [
        [
            POINTS_ROW,
            *(number(assignment.question_points(q)) for q in questions),
            number(assignment.total),
            "1",
            "--",
        ]
    ]
    for outcome in sorted(outcomes, key=lambda o: o.file):
        points = outcome.result.by_question() if outcome.result else {q.name: 0.0 for q in questions}
        total = sum(points.values())
        percent = round(total / assignment.total, 4) if assignment.total else 0.0
        rows.append(
            [
                outcome.file,
                *(number(points[q.name]) for q in questions),
                number(total),
                number(percent),
                outcome.status,
            ]
        )
    header = [
        "file",
        *(q.name for q in questions),
        "total_points_earned",
        "percent_correct",
        "grading_status",
    ]
    path = folder / FILE_NAME
    temporary = path.with_suffix(".csv.part")
    with temporary.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    temporary.replace(path)  # a reader sees the old file or the new one, never half of it
    return path


def write_result(outcome: Outcome, folder: Path) -> Path:
    """Write `results/FILE.json` for one submission."""
    path = folder / "results" / f"{outcome.file}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(outcome.to_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def number(value: float) -> str:
    """Points as a grades file shows them: `1`, `0.5`, `3.3333`."""
    return f"{round(value, 4):g}"
