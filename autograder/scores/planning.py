"""Makes the plan: reads the LMS and the grades file, decides row by row, writes nothing to the LMS."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

from autograder.errors import UserError
from autograder.grading.grades_file import named_after
from autograder.scores.comments import comment_text, holds
from autograder.scores.decimals import rounded, scaled, shown
from autograder.scores.grades import GradeRow, Grades, inside
from autograder.scores.matching import Match, Roster
from autograder.scores.people import Person
from autograder.scores.plan import Action, Plan, PlannedRow
from autograder.scores.rubric import Mismatch, check_rubric, fill
from autograder.scores.settings import CanvasSettings, LtiSettings, MoodleSettings
from autograder.scores.target import Column, Filling, Standing


@dataclass(frozen=True)
class Wishes:
    """What the instructor asks for.

    Parameters
    ----------
    lower, ungraded, unsubmitted, missing : let these rows into the plan (missing: as 0 points)
    detail : what the comment holds: "words", "steps", "total" or "none"
    rubric : fill the LMS's rubric
    feedback : a folder with a feedback file FILE.html for each submission
    places : decimals of a score
    """

    lower: bool = False
    ungraded: bool = False
    unsubmitted: bool = False
    missing: bool = False
    detail: str = "steps"
    rubric: bool = False
    feedback: Path | None = None
    places: int = 2


def make_plan(
    grades: Grades,
    roster: Roster,
    column: Column,
    standings: dict[str, Standing],
    settings: CanvasSettings | MoodleSettings | LtiSettings,
    wishes: Wishes,
) -> Plan:
    """Decide for every submission, and every student without one, what is to happen.

    Raises
    ------
    UserError : a wish that the LMS cannot fulfil for any row
    """
    _check(column, grades, wishes)
    rows = decide_rows(grades, roster, column, standings, wishes)
    return Plan(
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        lms=settings,
        title=column.title,
        visibility=column.visibility,
        grades=str(grades.path),
        grades_digest=grades.digest,
        maximum=grades.maximum,
        lms_maximum=column.maximum,
        places=wishes.places,
        rows=tuple(rows),
    )


def _check(column: Column, grades: Grades, wishes: Wishes) -> None:
    if column.maximum <= 0:
        raise UserError(f"{column.title}: its maximum is {shown(column.maximum)}; set one in the LMS")
    if wishes.rubric:
        check_rubric(column, grades)
    elif column.rubric_only:
        raise UserError(f"{column.title}: graded with a rubric, a plain score would be ignored; give --rubric")
    if wishes.detail != "none" and not column.comments:
        raise UserError(f"{column.title}: takes no comments; give --comment none, or switch feedback comments on")
    if wishes.feedback is not None:
        if column.file_bytes == 0:
            raise UserError(f"{column.title}: takes no feedback files; leave out --feedback, or switch them on")
        if not wishes.feedback.is_dir():
            raise UserError(f"{wishes.feedback}: no such folder")
        if wishes.detail == "none":
            raise UserError("a feedback file comes with a comment: give --comment total or steps")


def decide_rows(
    grades: Grades, roster: Roster, column: Column, standings: dict[str, Standing], wishes: Wishes
) -> list[PlannedRow]:
    """The rows of a plan, in the order of the grades file, then the students without a submission."""
    matches = {match.file: match for match in roster.matches}
    rows: list[PlannedRow] = []
    for graded in grades.rows:
        match = matches.get(graded.file, Match(graded.file, "unknown", how="not matched"))
        if match.status != "matched":
            names = " or ".join(person.name or person.id for person in match.people[:4])
            reason = f"{match.status}: {match.how}" + (f" ({names})" if names else "")
            rows.append(PlannedRow(file=graded.file, action="blocked", reason=reason))
            continue
        rows += [_row(graded, person, column, grades, standings, wishes) for person in match.people]
    perhaps = {
        person.id: match.file for match in roster.matches if match.status != "matched" for person in match.people
    }
    for person in roster.missing:
        nothing = GradeRow("", Decimal(0), status="Completed")
        if wishes.missing and person.id not in perhaps:
            rows.append(_row(nothing, person, column, grades, standings, replace(wishes, unsubmitted=True)))
        else:
            reason = "no submission was graded (--zero-for-missing)"
            if person.id in perhaps:
                reason = f"perhaps {perhaps[person.id]} is of this student: say so with --who"
            rows.append(PlannedRow(file="", user=person.id, name=person.name, action="blocked", reason=reason))
    return rows


def _row(
    graded: GradeRow,
    person: Person,
    column: Column,
    grades: Grades,
    standings: dict[str, Standing],
    wishes: Wishes,
) -> PlannedRow:
    found = standings.get(person.id)
    now = found or Standing()
    blank = PlannedRow(file=graded.file, user=person.id, name=person.name, action="blocked", before=now)
    if graded.points is None:
        return blank.model_copy(update={"reason": graded.problem})
    score = scaled(graded.points, grades.maximum, column.maximum, wishes.places)
    row = blank.model_copy(update={"score": score})
    nowhere = "" if found else "the LMS has no place for this student's score: not assigned, or suspended"
    if reason := _obstacle(graded, person, now, column, wishes) or nowhere:
        return row.model_copy(update={"reason": reason})
    fillings: tuple[Filling, ...] = ()
    feedback = digest = ""
    try:
        if wishes.rubric:
            fillings = fill(column, grades, graded, wishes.places)
            _agree(fillings, score)
        if wishes.feedback is not None and graded.file:
            feedback, digest = _feedback(wishes.feedback, graded.file, column.file_bytes)
    except Mismatch as problem:
        return row.model_copy(update={"reason": str(problem)})
    comment = ""
    if wishes.detail != "none" and graded.file:
        extra = digest + repr([(f.criterion, str(f.points)) for f in fillings])
        sizes = (score, grades.maximum, column.maximum, wishes.places)
        comment = comment_text(graded, *sizes, wishes.detail, extra if digest or fillings else "")
    action, reason = _action(score, comment, now, wishes, column)
    if now.hidden:
        reason = f"{reason}; hidden from the student" if reason else "hidden from the student"
    changes = {"action": action, "reason": reason, "comment": comment, "rubric": fillings, "feedback": feedback,
               "feedback_digest": digest}  # fmt: skip
    return row.model_copy(update=changes)


def _obstacle(graded: GradeRow, person: Person, now: Standing, column: Column, wishes: Wishes) -> str:
    if column.read_only:
        return column.read_only
    if not person.active:
        return "suspended, or no longer in the course"
    if now.obstacle:
        return now.obstacle
    if not graded.completed and not wishes.ungraded:
        return f"not graded completely: {graded.status or 'no status'} (--allow-ungraded)"
    if column.hands_in and now.submitted is False and not wishes.unsubmitted:
        return "the LMS has no submission of this student (--allow-unsubmitted)"
    return ""


def _action(score: Decimal, comment: str, now: Standing, wishes: Wishes, column: Column) -> tuple[Action, str]:
    if now.score is None:
        return "create", ""
    standing = rounded(now.score, wishes.places)
    if standing != score and now.comments is None:
        return "blocked", "a score stands that is not released: its comment cannot be read, and would be lost"
    if standing < score:
        return "raise", ""
    if standing > score:
        if wishes.lower:
            return "lower", ""
        return "blocked", f"lower than what stands: {shown(now.score)} → {shown(score)} (--allow-lower)"
    if comment and now.comments is not None and not holds(now.comments, comment):
        return "comment", ""
    return "same", ""


def _agree(fillings: tuple[Filling, ...], score: Decimal) -> None:
    """An LMS takes the rubric's sum for the score."""
    total = sum((filling.points for filling in fillings), Decimal(0))
    if total != score:
        raise Mismatch(f"rubric mismatch: its points add up to {shown(total)}, the score is {shown(score)}")


def _feedback(folder: Path, file: str, limit: int | None) -> tuple[str, str]:
    name = named_after(file, ".html")
    path = inside(folder, name)
    if path is None:
        raise Mismatch(f"feedback file missing: {folder / name}")
    content = path.read_bytes()
    if limit is not None and len(content) > limit:
        raise Mismatch(f"feedback file too large: {len(content)} bytes, the LMS takes {limit}")
    return str(path), hashlib.sha256(content).hexdigest()
