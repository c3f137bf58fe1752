"""The plan: what would be written, row by row, and what stands there now. Plain data in a JSON file."""

from __future__ import annotations

import hashlib
import os
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from autograder.errors import UserError
from autograder.scores.decimals import rounded, shown
from autograder.scores.journal import has_begun
from autograder.scores.problems import first_problem
from autograder.scores.settings import LtiSettings, Settings
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
    places: int = Field(ge=0, le=5)
    rows: tuple[PlannedRow, ...]

    @model_validator(mode="after")
    def _can_be_sent(self) -> Plan:
        """A plan is a file that somebody may have changed: nothing senseless is sent from it."""
        seen = set()
        for number, row in enumerate(self.rows):
            if row.action == "blocked":
                continue
            try:
                problem = self._problem(row) or ("this user stands in an earlier row, too" if row.user in seen else "")
            except InvalidOperation:
                problem = "a number with too many digits"
            if problem:
                raise ValueError(f"rows.{number} (user {row.user!r}, file {row.file!r}): {problem}")
            seen.add(row.user)
        return self

    def _problem(self, row: PlannedRow) -> str:
        """Why a row cannot be sent, or compared; "" where it can."""
        if isinstance(self.lms, LtiSettings):  # there an id is any text, and is quoted where it is sent
            if not row.user:
                return "no user"
        elif not re.fullmatch(r"[0-9]+", row.user):
            return "a user of this LMS is a number"
        if row.score is None:
            return f"no score, but the action {row.action!r}"
        most = max(self.lms_maximum, rounded(self.lms_maximum, self.places))
        if not 0 <= row.score <= most:
            return f"score {shown(row.score)}, but the LMS takes 0 to {shown(self.lms_maximum)}"
        if rounded(row.score, self.places) != row.score:
            return f"score {shown(row.score)}, but the plan has {self.places} decimals"
        before = row.before.score
        if row.action in ("comment", "same") and (before is None or rounded(before, self.places) != row.score):
            return f"action {row.action!r}, but another score stood there"
        if row.rubric and sum((filling.points for filling in row.rubric), Decimal(0)) != row.score:
            return f"score {shown(row.score)}, but the rubric's points add up to something else"
        return ""

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
    if has_begun(journal_path(path)):
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
        where, what = first_problem(error)
        if error.errors()[0]["type"] == "value_error" and not where:
            raise UserError(f"{path}: {what}; was it changed by hand? make a new plan") from None
        what = f"{where}: {what}" if where else what
        raise UserError(f"{path}: not a plan of `autograder scores plan`: {what}") from None


def journal_path(plan: Path) -> Path:
    """Where the journal of a plan's upload lies."""
    return plan.with_name(plan.stem + ".journal.jsonl")


def audit_path(plan: Path) -> Path:
    """Where the audit log of a plan's upload lies."""
    return plan.with_name(plan.stem + ".audit.csv")
