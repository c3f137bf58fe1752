"""The class report as a self-contained HTML page, and its figures as CSV and JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from autograder.feedback.charts import PATTERNS, legend, misconception_chart, score_chart, step_chart
from autograder.feedback.class_figures import ClassFigures, step_row
from autograder.feedback.drawing import Drawing
from autograder.feedback.items import FEW_STUDENTS, LOW_DISCRIMINATION
from autograder.feedback.pages import template
from autograder.feedback.text import one_line
from autograder.feedback.words import STATE_WORDS

FORMULA_STARTS = ("=", "+", "-", "@", "|", "%")


@dataclass(frozen=True)
class StudentRow:
    """One line of the table of students.

    Parameters
    ----------
    link : where the feedback is, relative to the report; percent-encoded
    points : earned points by question; None where it could not be graded
    first_slip : the first step without its points, in words; or why it could not be graded
    """

    file: str
    link: str
    points: dict[str, float] | None
    first_slip: str


def report(figures: ClassFigures, students: Iterable[StudentRow]) -> Iterator[str]:
    """The page, piece by piece: the table of students is never in memory as a whole."""
    steps, ideas = figures.steps(), figures.misconceptions()
    worst = max(steps, key=lambda step: step.first_slips)
    return template("report.html").generate(
        title=figures.assignment.title,
        questions=[question.name for question in figures.assignment.rubric.questions],
        total=figures.assignment.total,
        figures=figures,
        analysis=figures.analysis,
        steps=steps,
        worst=worst,
        ideas=ideas,
        chain=Drawing(figures.assignment.rubric).of_class(
            {step.step: step.success for step in steps},
            worst.step if worst.first_slips else "",
            f"{worst.first_slips} first slips" if worst.first_slips != 1 else "1 first slip",
        ),
        patterns=PATTERNS,
        score_chart=score_chart(figures.bins()),
        step_chart=step_chart(steps),
        idea_chart=misconception_chart(ideas) if ideas else "",
        legend=legend(),
        state_words=STATE_WORDS,
        low=LOW_DISCRIMINATION,
        few=FEW_STUDENTS,
        students=students,
    )


def write_json(figures: ClassFigures, stream: TextIO) -> None:
    """All figures."""
    json.dump(figures.to_dict(), stream, indent=1, ensure_ascii=False)
    stream.write("\n")


def tables(figures: ClassFigures) -> dict[str, list[Sequence[Any]]]:
    """The same figures as tables by name, each with a header."""
    rows = [step_row(step) for step in figures.steps()]
    return {
        "steps": [list(rows[0]), *(list(row.values()) for row in rows)],
        "misconceptions": [
            ("misconception", "step", "submissions", "hint"),
            *((m.name, m.step, m.students, m.hint) for m in figures.misconceptions()),
        ],
        "scores": [("score", "submissions"), *figures.analysis.totals.items()],
        "not_graded": [("reason", "submissions"), *figures.failures.most_common()],
    }


def write_csv(rows: Iterable[Sequence[Any]], stream: TextIO) -> None:
    """One table; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    writer = csv.writer(stream, lineterminator="\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        value = one_line(value)
        return f"'{value}" if value.lstrip().startswith(FORMULA_STARTS) else value
    return "" if value is None else value
