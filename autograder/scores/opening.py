"""Opens what the commands work on: the LMS, its students, the matches. An LMS's "no" becomes one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from autograder.errors import UserError
from autograder.scores.answers import LmsError
from autograder.scores.file_names import read_gradescope
from autograder.scores.grades import Grades
from autograder.scores.lms import open_target
from autograder.scores.matching import Roster, match_files
from autograder.scores.pace import Pace
from autograder.scores.people import Person, read_people
from autograder.scores.plan import Plan
from autograder.scores.settings import read_settings
from autograder.scores.target import Target

T = TypeVar("T")


@contextmanager
def open_lms(path: Path) -> Iterator[Target]:
    """The target that an `lms.toml` names."""
    target = open_target(read_settings(path))
    try:
        yield target
    finally:
        target.close()


@contextmanager
def open_plan(plan: Plan) -> Iterator[Target]:
    """The target of a plan."""
    target = open_target(plan.lms)
    try:
        yield target
    finally:
        target.close()


def asked(question: Callable[[], T]) -> T:
    """The answer to a question that changes nothing.

    Raises
    ------
    UserError : the LMS does not answer it
    """
    try:
        return Pace().patiently(question, again_when_unsure=True)
    except LmsError as error:
        raise UserError(str(error)) from None


def students(target: Target) -> list[Person]:
    """The students of the course; see `asked`."""
    return asked(target.people)


def match(
    grades: Grades,
    people: list[Person],
    alias: Path | None,
    gradescope: Path | None,
    confirmed: Mapping[str, list[str]],
) -> Roster:
    """Who is who, from all that is given."""
    return match_files(
        [row.file for row in grades.rows],
        people,
        aliases=read_people(alias) if alias else (),
        gradescope=read_gradescope(gradescope) if gradescope else None,
        confirmed=dict(confirmed),
    )
