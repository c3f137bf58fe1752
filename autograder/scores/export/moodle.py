"""Moodle's two CSVs: the gradebook import, and the offline grading worksheet of an assignment."""

from __future__ import annotations

import re
from decimal import Decimal

from autograder.errors import UserError
from autograder.scores.comments import as_html, joined
from autograder.scores.decimals import parsed, shown
from autograder.scores.export.sheet import Line, Sheet, Table, need
from autograder.scores.people import Person
from autograder.scores.target import Column, Standing

IDENTITY = ("First name", "Last name", "Surname", "Full name", "Username", "ID number", "Email address")
KEYS = ("ID number", "Email address", "Username")  # what the import can find a user by
OTHERS = ("Institution", "Department", "Last downloaded from this course")
OVERRIDES = (
    "Moodle marks imported grades of an activity as overridden, and ignores later scores from the activity itself or "
    "by web service; for an assignment take the format moodle-worksheet"
)


def read_gradebook(table: Table, column: str | None, maximum: Decimal | None) -> Sheet:
    """The gradebook that Moodle exports as plain text.

    The import refuses the whole file for one unknown user, so only lines with a new score are written.
    """
    keys = [name for name in KEYS if name in table.header]
    if not keys:
        raise UserError(f"{table.path}: none of the columns {', '.join(KEYS)}; export it from the LMS, in English")
    items = [n for n in table.header if n not in (*IDENTITY, *OTHERS) and not n.endswith("(Feedback)")]
    name = table.one_of(items, column, "grade items")
    if maximum is None:
        raise UserError(f"{table.path}: does not say the maximum of {name!r}; give --maximum")
    key = next((k for k in keys if _identifies(table, k)), None)
    if key is None:
        raise UserError(f"{table.path}: each of {', '.join(keys)} is empty or the same for some students")
    feedback = re.sub(r" \(Real\)$", "", name) + " (Feedback)"
    comments = feedback in table.header  # else what stands there is not known, and would be overwritten
    lines, people, standings = {}, [], {}
    for line in table.lines:
        own = line[key]
        lines[own] = line
        people.append(_person(own, line))
        text = line.get(feedback, "").strip()
        update = {"comments": (text,) if text not in ("", "-") else ()}
        standings[own] = _standing(line[name]).model_copy(update=update)

    def fill(line: Line, score: Decimal, comment: str) -> Line:
        existing = line.get(feedback, "").strip().removeprefix("-")
        return {**line, name: shown(score), feedback: joined(existing, as_html(comment)) if comment else existing}

    header = [h for h in table.header if h in IDENTITY] + [name] + ([feedback] if comments else [])
    notes = [f"at the import, map users by {key!r}", OVERRIDES]
    return Sheet(
        table,
        Column(f"Moodle, {name}", maximum, comments=comments),
        people,
        standings,
        lines,
        header,
        fill,
        notes=notes,
    )


def read_worksheet(table: Table, column: str | None, maximum: Decimal | None) -> Sheet:
    """The grading worksheet of an assignment: all goes back as it came, but for grades and feedback comments."""
    need(table, "Identifier", "Full name", "Grade", "Maximum grade", "Grade can be changed")
    found = {line["Maximum grade"].strip() for line in table.lines}
    try:
        possible = {parsed(text) for text in found}
    except ValueError as error:
        raise UserError(f"{table.path}: Maximum grade: {error}") from None
    if len(possible) != 1:
        raise UserError(f"{table.path}: not one maximum grade, but {len(possible)}")
    takes_comments = "Feedback comments" in table.header
    lines, people, standings = {}, [], {}
    for line in table.lines:
        own = re.sub(r"\D", "", line["Identifier"])
        lines[own] = line
        people.append(_person(own, line, participant=own))
        standings[own] = _worksheet_standing(line)

    def fill(line: Line, score: Decimal, comment: str) -> Line:
        filled = {**line, "Grade": shown(score)}
        if comment and takes_comments:
            filled["Feedback comments"] = joined(line["Feedback comments"], as_html(comment))
        return filled

    handed_in = any(standing.submitted for standing in standings.values())
    column_ = Column("Moodle, grading worksheet", possible.pop(), hands_in=handed_in, comments=takes_comments)
    return Sheet(table, column_, people, standings, lines, table.header, fill, keep_all=True)


def _identifies(table: Table, key: str) -> bool:
    values = [line[key].strip().casefold() for line in table.lines]
    return all(values) and len(set(values)) == len(values)


def _person(own: str, line: Line, participant: str = "") -> Person:
    name = line.get("Full name") or f"{line.get('First name', '')} {line.get('Last name') or line.get('Surname', '')}"
    number, login, email = line.get("ID number", ""), line.get("Username", ""), line.get("Email address", "")
    return Person(own, number, login, email, name.strip(), participant)


def _standing(cell: str) -> Standing:
    cell = cell.strip()
    try:
        return Standing(score=None if cell in ("", "-") else parsed(cell))
    except ValueError as error:
        return Standing(obstacle=f"what stands is {error}")


def _worksheet_standing(line: Line) -> Standing:
    comment = line.get("Feedback comments", "")
    standing = _standing(line["Grade"])
    locked = line["Grade can be changed"].strip().casefold() not in ("yes", "1")
    return standing.model_copy(
        update={
            "comments": (comment,) if comment else (),
            "submitted": not line.get("Status", "").casefold().startswith("no submission"),
            "obstacle": "locked: the worksheet says that this grade cannot be changed" if locked else standing.obstacle,
        }
    )
