"""`autograder grade`: many submissions → grades file, results, and a table."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder.course import load_assignment
from autograder.errors import UserError
from autograder.grading.grades_file import number, write_grades, write_result
from autograder.grading.one import Outcome, grade_file
from autograder.grading.submissions import Found, find

NOT_ALL_GRADED = 1


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-a", "--assignment", "name", default="xor_backprop", show_default=True, help="What was handed in.")
@click.option(
    "-o",
    "--out",
    "out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where results go.",
)
def grade(paths: tuple[Path, ...], name: str, out: Path) -> None:
    """Grade submissions: notebooks, folders of them, zip files of them.

    Writes OUT/final_grades.csv in otter-grader's format and OUT/results/FILE.json for each submission, and
    prints a table. Exit status: 0 all were graded, 1 some could not be, 2 nothing was done.
    """
    load_assignment(name)
    with find(paths) as submissions:
        if not submissions:
            raise UserError(f"no submission found in {', '.join(map(str, paths))}")
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{out}: {error.strerror}") from None
        outcomes = _grade_all(submissions, name, out)
    path = write_grades(outcomes, load_assignment(name), out)
    console = Console()
    if not console.is_terminal:
        console.width = 120
    console.print(table(outcomes, name), crop=False)
    console.print(
        f"{sum(o.graded for o in outcomes)} of {len(outcomes)} graded; grades in {escape(str(path))}",
        soft_wrap=True,
    )
    if not all(outcome.graded for outcome in outcomes):
        sys.exit(NOT_ALL_GRADED)


def _grade_all(submissions: list[Found], name: str, out: Path) -> list[Outcome]:
    outcomes = []
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        for found in progress.track(submissions):
            if found.problem:
                outcome = Outcome(found.file, found.problem)
            else:
                outcome = grade_file(found.path, name, file=found.file)
            write_result(outcome, out)
            outcomes.append(outcome)
    return outcomes


def table(outcomes: list[Outcome], name: str) -> Table:
    """The class as a table: points by question, and the first step that went wrong."""
    assignment = load_assignment(name)
    shown = Table(title=escape(assignment.title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown.add_column("submission", no_wrap=True)
    for question in assignment.rubric.questions:
        shown.add_column(f"{question.name}\n{number(assignment.question_points(question))}", justify="right")
    shown.add_column(f"total\n{number(assignment.total)}", justify="right")
    shown.add_column("status / first step that went wrong")
    for outcome in outcomes:
        if outcome.result is None:
            cells = ["" for _ in assignment.rubric.questions]
            shown.add_row(escape(outcome.file), *cells, "0", escape(outcome.status), style="dim")
            continue
        points = outcome.result.by_question()
        shown.add_row(
            escape(outcome.file),
            *(number(points[question.name]) for question in assignment.rubric.questions),
            number(outcome.result.earned),
            escape(_first_slip(outcome)),
        )
    return shown


def _first_slip(outcome: Outcome) -> str:
    """The first step without its points, with the misconception's name where one is known."""
    steps = outcome.result.steps if outcome.result else ()
    first = next((step for step in steps if step.earned < step.points), None)
    if first is None:
        return "all right"
    if not first.attempted:
        return f"{first.step}: not attempted"
    return f"{first.step}: {first.misconception.partition(': ')[2] or first.misconception or first.words}"
