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

from autograder.cli.paths import FilePath, SubmissionPath
from autograder.course import load_assignment
from autograder.errors import INTERRUPTED, UserError
from autograder.grading.feedback_files import write_report
from autograder.grading.finish import make_room
from autograder.grading.grades_file import number, write_grades
from autograder.grading.job import Job
from autograder.grading.journal import Journal, Row
from autograder.grading.many import grade_many
from autograder.grading.submissions import Found, find

NOT_ALL_GRADED = 1
MAX_TABLE_ROWS = 200
MIN_COLUMNS, MAX_COLUMNS = 14, 48  # of a name in the table; a longer one goes on in the next line


@click.command()
@click.argument("paths", nargs=-1, required=True, type=SubmissionPath())
@click.option("-a", "--assignment", "name", default="xor_backprop", show_default=True, help="What was handed in.")
@click.option("-o", "--out", "out", type=FilePath(file_okay=False), required=True, help="Where results go.")
@click.option("-j", "--workers", type=click.IntRange(min=1), help="How many to grade at once [default: one a core].")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Hand the work to a Dask cluster: tcp://HOST:PORT.")
@click.option("--unsafe-in-process", "unsafe", is_flag=True, help="Run submissions without walls: only what you trust.")
def grade(paths: tuple[Path, ...], name: str, out: Path, workers: int | None, scheduler: str, unsafe: bool) -> None:
    """Grade submissions: notebooks, folders of them, zip files of them.

    Writes OUT/final_grades.csv in otter-grader's format; for each submission OUT/results/FILE.json and a page
    for the student, OUT/feedback/FILE.html; for the class OUT/report.html, and its figures as CSV and JSON in
    OUT/report. Prints a table. An interrupted run goes on where it stopped when the same command is given again.

    Exit status: 0 all were graded, 1 some could not be, 2 nothing was done, 130 interrupted.
    """
    load_assignment(name)
    with find(paths, leave_out=out) as submissions:
        if not submissions:
            raise UserError(f"no submission found in {', '.join(map(str, paths))}")
        make_room(submissions, out)
        with Journal(out) as journal:
            _grade(submissions, Job(name, out, unsafe, workers or 0, scheduler), journal)
            files = [found.file for found in submissions]
            path = write_grades(journal.rows(files), load_assignment(name), out)
            report = write_report(lambda: journal.rows(files), load_assignment(name), out)
            graded = _show(journal, files, name)
    click.echo(f"{graded} of {len(files)} graded; grades in {path}, class report in {report}")
    if unsafe:
        click.echo("the submissions' code ran in the grader's own process, without walls (--unsafe-in-process)")
    if graded < len(files):
        sys.exit(NOT_ALL_GRADED)


def _grade(submissions: list[Found], job: Job, journal: Journal) -> None:
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    shown = console.is_terminal
    bar = Progress(*columns, console=console, disable=not shown, transient=True, auto_refresh=False)
    with bar:  # no refreshing thread: workers are forked
        task = bar.add_task("", total=len(submissions))

        def advance() -> None:
            bar.advance(task)
            if shown:
                bar.refresh()

        try:
            grade_many(submissions, job, journal, advance)
        except KeyboardInterrupt:
            click.echo("interrupted; what is graded is kept: give the same command to go on", err=True)
            sys.exit(INTERRUPTED)


def _show(journal: Journal, files: list[str], name: str) -> int:
    """Print the table of a class that fits one; how many were graded."""
    if len(files) <= MAX_TABLE_ROWS:
        console = Console()
        if not console.is_terminal:
            console.width = 120
        console.print(table(list(journal.rows(files)), name), crop=False)
    return sum(row.points is not None for row in journal.rows(files))


def table(rows: list[Row], name: str) -> Table:
    """The class as a table: points by question, and the first step that went wrong."""
    assignment = load_assignment(name)
    shown = Table(title=escape(assignment.title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown.add_column("submission", overflow="fold", min_width=MIN_COLUMNS, max_width=MAX_COLUMNS)
    for question in assignment.rubric.questions:
        points = number(assignment.question_points(question))
        shown.add_column(f"{question.name}\n{points}", justify="right", no_wrap=True)
    shown.add_column(f"total\n{number(assignment.total)}", justify="right", no_wrap=True)
    shown.add_column("status / first step that went wrong", overflow="fold", min_width=MIN_COLUMNS)
    for row in rows:
        if row.points is None:
            cells = ["" for _ in assignment.rubric.questions]
            shown.add_row(_shown(row.file), *cells, "0", _shown(row.status), style="dim")
            continue
        earned = [number(row.points[question.name]) for question in assignment.rubric.questions]
        shown.add_row(_shown(row.file), *earned, number(sum(row.points.values())), _shown(row.first_slip))
    return shown


def _shown(text: str) -> str:
    """A student's text for the terminal: no markup, no control codes."""
    return escape("".join(c if c.isprintable() else "�" for c in text))
