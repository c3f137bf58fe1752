"""`autograder build`: student template and otter-grader zip from one source."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from autograder.course import assignment_names

STALE = 1


@click.command()
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit with status 1 if a committed template is stale.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("dist"),
    show_default=True,
    help="Where the instructor's files go: OUT/NAME/autograder.zip and the solution notebook.",
)
def build(names: tuple[str, ...], check: bool, out: Path) -> None:
    """Build assignments NAMES (default: all): student_template/NAME/ and OUT/NAME/autograder.zip.

    otter-grader itself assigns, generates, and grades the solution notebook with the new zip: it must get full marks.
    """
    from autograder.build import template  # otter-grader takes seconds to import

    problems = []
    for name in names or assignment_names():
        built = template.build(name, run_tests=not check)
        folder = template.template_folder(name)
        if check:
            problems += template.stale(built.template, folder)
            continue
        template.write(built.template, folder, replace=True)
        template.write(built.instructor, out / name, replace=False)
        click.echo(f"{name}: student template in {folder}, instructor's files in {out / name}")
    for line in problems:
        click.echo(line, err=True)
    if problems:
        click.echo("run `autograder build` and commit the result", err=True)
        sys.exit(STALE)
