"""The plan: what would be written, row by row, and what stands there now. Plain data in a JSON file."""

from __future__ import annotations

import hashlib
import os
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.errors import UserError
from autograder.scores.settings import Settings
from autograder.scores.target import Filling, Standing

Action = Literal["create", "raise", "lower", "comment", "same", "blocked"]
WRITES: tuple[Action, ...] = ("create", "raise", "lower", "comment")
VERSION = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlannedRow(_Strict):
    """One student.

    Parameters
    ----------
    file : the submission, "" for a student without one
    user : the LMS's id, "" where the student is not known
    action : what is to happen; "comment" where the score stands already and only the comment is new
    reason : why the row is blocked, or what an instructor should know
    score : in the LMS's scale
    before : what the LMS held when the plan was made
    """

    file: str
    user: str = ""
    name: str = ""
    action: Action
    reason: str = ""
    score: Decimal | None = None
    comment: str = ""
    rubric: tuple[Filling, ...] = ()
    feedback: str = ""
    feedback_digest: str = ""
    before: Standing = Standing()


class Plan(_Strict):
    """A plan for one gradebook column.

    Parameters
    ----------
    maximum, lms_maximum : points of the grades file and of the LMS; scores are scaled where they differ
    grades_digest : the grades file that it was made from
    """

    version: Literal[1] = 1
    made: str
    lms: Settings
    title: str
    visibility: str
    grades: str
    grades_digest: str
    maximum: Decimal
    lms_maximum: Decimal
    places: int
    rows: tuple[PlannedRow, ...]

    def counts(self) -> dict[str, int]:
        """How many rows of each action."""
        found: dict[str, int] = dict.fromkeys((*WRITES, "same", "blocked"), 0)
        for row in self.rows:
            found[row.action] += 1
        return found

    def to_write(self) -> list[PlannedRow]:
        """The rows that `apply` sends."""
        return [row for row in self.rows if row.action in WRITES]


def write_plan(plan: Plan, path: Path) -> None:
    """Write the plan; never over one whose upload has begun.

    Raises
    ------
    UserError : that one, or the file cannot be written
    """
    if journal_path(path).exists():
        raise UserError(f"{path}: its upload has begun ({journal_path(path).name}); give the new plan another name")
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(plan.model_dump_json(indent=1) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def read_plan(path: Path) -> tuple[Plan, str]:
    """A plan, and the digest of its file.

    Raises
    ------
    UserError : it cannot be read or is no plan
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    try:
        return Plan.model_validate_json(content), hashlib.sha256(content).hexdigest()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: not a plan of `autograder scores plan`: {where}: {first['msg']}") from None


def journal_path(plan: Path) -> Path:
    """Where the journal of a plan's upload lies."""
    return plan.with_name(plan.stem + ".journal.jsonl")


def audit_path(plan: Path) -> Path:
    """Where the audit log of a plan's upload lies."""
    return plan.with_name(plan.stem + ".audit.csv")
