"""The command line: `autograder …`. Says nothing that a room below could say."""

from __future__ import annotations

import sys

import click

from autograder import __version__
from autograder.cli.build import build
from autograder.cli.doctor import doctor
from autograder.cli.explain import explain
from autograder.cli.grade import grade
from autograder.cli.scores import scores
from autograder.errors import UserError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="autograder")
def cli() -> None:
    """Auto-graded derivations, with partial credit for each step."""


cli.add_command(build)
cli.add_command(doctor)
cli.add_command(explain)
cli.add_command(grade)
cli.add_command(scores)


def main() -> None:
    """Entry point: a user's mistake is one line and exit status 2, never a traceback."""
    try:
        cli()
    except UserError as error:
        click.echo(f"autograder: {error}", err=True)
        sys.exit(2)
