"""The command line: `autograder …`. Says nothing that a room below could say."""

from __future__ import annotations

import io
import sys
from typing import Any

import click

from autograder import __version__
from autograder.cli.build import build
from autograder.cli.doctor import doctor
from autograder.cli.explain import explain
from autograder.cli.grade import grade
from autograder.cli.scores import scores
from autograder.errors import INTERRUPTED, UserError


class _Commands(click.Group):
    """Commands that end in one line where they are interrupted, or the system refuses something."""

    def invoke(self, ctx: click.Context) -> Any:
        """See `click.Group`."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:  # click ends quietly where nobody reads any more
            raise
        except OSError as error:
            if error.strerror is None:  # not the system's: a fault of ours
                raise
            where = error.filename2 or error.filename
            raise UserError(f"{where}: {error.strerror}" if where else error.strerror) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a letter that the terminal does not have is no reason to end
    try:
        cli()
    except UserError as error:
        click.echo(f"autograder: {error}", err=True)
        sys.exit(2)
