"""`autograder explain`: one submission's feedback in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from autograder.checking.result import AssignmentResult, Compared, StepResult
from autograder.cli.paths import SubmissionPath
from autograder.course import load_assignment, load_settings
from autograder.errors import UserError
from autograder.feedback.text import one_line, place
from autograder.feedback.words import MARKS, State, came_back, first_broken, state_of
from autograder.grading.grades_file import number
from autograder.grading.one import Outcome, grade_file
from autograder.grading.students import open_students
from autograder.grading.submissions import find

NOT_GRADED = 1
WIDTH = 100
STYLES: dict[State, str] = {"right": "green", "follows": "blue", "wrong": "bold red", "not reached": "dim"}


@click.command()
@click.argument("submission", type=SubmissionPath())
@click.option("-a", "--assignment", "name", default="xor_backprop", show_default=True, help="What was handed in.")
@click.option("--unsafe-in-process", "unsafe", is_flag=True, help="Run it without walls: only what you trust.")
def explain(submission: Path, name: str, unsafe: bool) -> None:
    """Grade one submission (a notebook, a script, a zip file of one) and print its feedback; writes nothing.

    Exit status: 0 graded, 1 could not be graded, 2 nothing was done.
    """
    load_assignment(name)
    outcome = _grade(submission, name, unsafe=unsafe)
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    if outcome.result is None:
        console.print(Text(f"{one_line(outcome.file)} could not be graded: {one_line(outcome.status)}"))
        sys.exit(NOT_GRADED)
    console.print(feedback(outcome, outcome.result))


def _grade(submission: Path, name: str, *, unsafe: bool) -> Outcome:
    with find([submission]) as found:
        if len(found) != 1:
            raise UserError(f"{submission}: {len(found)} submissions found; name one (a class: autograder grade)")
        if found[0].problem:
            return Outcome(found[0].file, found[0].problem)
        students = open_students(load_settings(name), unsafe=unsafe)
        try:
            return grade_file(found[0].path, name, students, file=found[0].file)
        finally:
            students.shut_down()


def feedback(outcome: Outcome, result: AssignmentResult) -> Group:
    """All feedback of a graded submission, ready to print; no text of a student's is markup or a control code."""
    parts: list[Text | Panel | Table | Padding] = [
        Text.assemble((one_line(outcome.file), "bold"), f"  {number(result.earned)} of {number(result.points)} points"),
        _head(first_broken(result.steps)),
    ]
    parts += [Text(f"A cell raised an error: {one_line(error)}", "yellow") for error in outcome.cell_errors]
    return Group(*parts, _steps(result))


def _head(broken: StepResult | None) -> Panel:
    if broken is None:
        return Panel(Text("The whole chain holds."), border_style="green", expand=False)
    text = Text.assemble(
        ("The chain breaks first at ", "bold"), (broken.step, "bold red"), f"\n{one_line(came_back(broken))}"
    )
    if broken.hint:
        text.append(f"\nThink: {broken.hint}", "italic")
    if broken.place:
        text.append(f"\n{place(broken)}", "dim")
    return Panel(text, border_style="red", expand=False)


def _steps(result: AssignmentResult) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("")
    table.add_column("step", no_wrap=True)
    table.add_column("points", justify="right")
    table.add_column("what came back")
    table.add_column("lecture's numbers")
    for question in result.questions:
        table.add_section()
        for step in question.steps:
            state = state_of(step)
            words = Text(one_line(came_back(step)))
            if step.hint:
                words.append(f"\nThink: {step.hint}", "italic")
            if step.place and state != "right":
                words.append(f"\n{place(step)}", "dim")
            table.add_row(
                Text(MARKS[state], STYLES[state]), Text(step.step, STYLES[state]),
                f"{number(step.earned)}/{number(step.points)}", words, _compared(step.compared),
            )  # fmt: skip
    return table


def _compared(rows: tuple[Compared, ...]) -> Text:
    several = len(rows) > 1
    return Text(
        "\n".join(
            (f"{row.value}: " if several else "")
            + row.agreement
            + ("" if row.difference is None or row.agreement == "exact" else f", by {row.difference:.2g}")
            for row in rows
        )
    )
