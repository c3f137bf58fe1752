"""The interface that each LMS stands behind: read the roster, read grades, write, read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from autograder.scores.people import Person

Visibility = Literal["at once", "when released", "unknown"]


@dataclass(frozen=True)
class Level:
    """One rating of a rubric criterion."""

    id: str
    points: Decimal


@dataclass(frozen=True)
class Criterion:
    """One line of the LMS's rubric; without levels any points up to `points` are taken."""

    id: str
    description: str
    points: Decimal
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True)
class Column:
    """Where the scores go.

    Parameters
    ----------
    maximum : the LMS's own
    visibility : when students see a score that is written
    release_each : whether each score is released as it is written, not the whole column at the end
    hands_in : whether students hand in to the LMS here, so that "no submission" means something
    comments : whether a comment can be written
    file_bytes : the largest feedback file the LMS takes, 0 none, None not known
    rubric : its criteria; `rubric_only` where a plain score would not be written
    most : rows that fit into one request
    read_only : why nothing can be written, "" where it can
    notes : what an instructor should know
    """

    title: str
    maximum: Decimal
    visibility: Visibility = "unknown"
    release_each: bool = False
    hands_in: bool = False
    comments: bool = True
    file_bytes: int | None = 0
    rubric: tuple[Criterion, ...] = ()
    rubric_only: bool = False
    most: int = 1
    read_only: str = ""
    notes: tuple[str, ...] = ()


class Standing(BaseModel):
    """What the LMS holds for one student.

    Parameters
    ----------
    comments : None where the LMS does not show them
    submitted : whether there is a submission; None where the LMS does not say
    attempt : changes when the student hands in again
    obstacle : why a score must not be written: locked, overridden, excused
    hidden : whether the student cannot see the score
    released : whether the LMS has passed the score on to the student
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    score: Decimal | None = None
    comments: tuple[str, ...] | None = ()
    submitted: bool | None = None
    attempt: str = ""
    obstacle: str = ""
    hidden: bool = False
    released: bool = False

    def same_but_comments(self, other: Standing) -> bool:
        """Whether nothing that a score depends on has changed."""
        return (self.score, self.attempt, self.obstacle) == (other.score, other.attempt, other.obstacle)


class Filling(BaseModel):
    """What goes into one criterion of a rubric."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    criterion: str
    points: Decimal
    level: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Write:
    """One row to send.

    Parameters
    ----------
    score : None: only the comment
    comment : "" none
    now : what stands there
    release : whether the student may see it at once, where the LMS knows the difference
    stamp : the time of this write, where the LMS wants one
    """

    user: str
    score: Decimal | None
    comment: str = ""
    rubric: tuple[Filling, ...] = ()
    file: Path | None = None
    now: Standing = field(default_factory=Standing)
    release: bool = False
    stamp: str = ""


class Target(Protocol):
    """One gradebook column of one LMS. Every method may raise an `LmsError`."""

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        ...

    def column(self) -> Column:
        """Where the scores go; a column that cannot take scores at all raises `Refused`."""
        ...

    def people(self) -> list[Person]:
        """The students of the course, suspended ones too where the LMS shows them."""
        ...

    def read_all(self) -> dict[str, Standing]:
        """What stands there, by user id."""
        ...

    def read(self, users: Sequence[str]) -> dict[str, Standing]:
        """What stands there for a few students; a user that the LMS does not know is left out."""
        ...

    def stamp(self, after: str) -> str:
        """A time for the next write that is later than `after`; "" where the LMS wants none."""
        ...

    def write(self, rows: Sequence[Write]) -> str:
        """Send rows. One row: an exception is about it. Several: an exception is about some of them, and only
        reading back tells which. The result names the job in which the LMS carries it out later, "" where it is done.
        """
        ...

    def finish(self, job: str) -> None:
        """Wait for a job's end. `AtWork`: it has not ended; `Refused`: it ended, and not all was written."""
        ...

    def release(self) -> None:
        """Show students what was written, where that is one act for the whole column."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...
