"""`autograder doctor`: which walls stand on this machine."""

from __future__ import annotations

import sys

import click

from autograder.errors import UserError
from autograder.student.walls import require, survey

NO_WALLS = 1


@click.command()
def doctor() -> None:
    """Say which walls stand on this machine, and whether they are enough for untrusted submissions.

    Exit status: 0 enough, 1 not enough.
    """
    walls = survey()
    for name, stands, what in (
        ("Landlock", f"version {walls.landlock}" if walls.landlock else "", "files"),
        ("seccomp filter", "yes" if walls.seccomp else "", "network, programs, signals"),
        ("namespaces", "yes" if walls.namespaces else "", "other processes, network, a small file system of its own"),
        ("another user id", "yes" if walls.uid else "", "other processes, files"),
    ):
        click.echo(f"{name:<16} {stands or 'no':<10} {what}")
    for problem in walls.problems:
        click.echo(f"missing: {problem}")
    try:
        require(walls)
    except UserError as error:
        click.echo(str(error))
        sys.exit(NO_WALLS)
    click.echo("enough: untrusted submissions can be graded here")
