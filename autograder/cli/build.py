"""`autograder build`: student template and otter-grader zip, or nbgrader's course folder, from one source."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from autograder.build.files import stale, write
from autograder.cli.paths import FilePath
from autograder.course import assignment_names, load_assignment

STALE = 1


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--for",
    "platform",
    type=click.Choice(["otter-grader", "nbgrader"]),
    default="otter-grader",
    show_default=True,
    help="What to build: otter-grader's zip and the student template, or nbgrader's course folder.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with status 1 if what was built before is stale.")
@click.option(
    "-o",
    "--out",
    type=FilePath(file_okay=False),
    help="Where the instructor's files go [default: dist, and OUT/NAME/autograder.zip in it; for nbgrader the course "
    "folder, by default dist/nbgrader].",
)
def build(names: tuple[str, ...], platform: str, check: bool, out: Path | None) -> None:
    """Build assignments NAMES (default: all) from one source.

    For otter-grader: student_template/NAME/ (in OUT where the course files are an installed package's),
    OUT/NAME/autograder.zip and the solution notebook. otter-grader itself assigns, generates, and grades the solution
    notebook with the new zip: it must get full marks.

    For nbgrader: OUT/source/NAME/, and OUT/nbgrader_config.py where there is none yet.
    """
    for name in names:
        load_assignment(name)  # a mistake is said before anything is built
    if platform == "nbgrader":
        problems, again = _for_nbgrader(names, check, out or Path("dist/nbgrader"))
    else:
        problems, again = _for_otter(names, check, out or Path("dist"))
    for line in problems:
        click.echo(line, err=True)
    if problems:
        click.echo(again, err=True)
        sys.exit(STALE)


def _for_otter(names: tuple[str, ...], check: bool, out: Path) -> tuple[list[str], str]:
    from autograder.build import template  # otter-grader takes seconds to import

    problems = []
    for name in names or assignment_names():
        built = template.build(name, run_tests=not check)
        folder = template.template_folder(name, out)
        if check:
            problems += template.stale(built.template, folder)
            continue
        template.write(built.template, folder, replace=True)
        template.write(built.instructor, out / name, replace=False)
        click.echo(f"{name}: student template in {folder}, instructor's files in {out / name}")
    return problems, "run `autograder build` and commit the result"


def _for_nbgrader(names: tuple[str, ...], check: bool, out: Path) -> tuple[list[str], str]:
    from autograder.build import nbgrader

    problems = []
    for name in names or assignment_names():
        folder, files = nbgrader.source_folder(name, out), nbgrader.source_files(name)
        if check:
            problems += stale(files, folder)
            continue
        write(files, folder, replace=False)
        click.echo(f"{name}: source in {folder}")
    if not check:
        click.echo(nbgrader.add_config(out))
    return problems, "run `autograder build --for nbgrader` with the same --out"
