"""Blackboard's grade centre file: user name and column id. An unknown column would become text worth 0 points."""

from __future__ import annotations

import re
from decimal import Decimal

from autograder.errors import UserError
from autograder.scores.decimals import parsed, shown
from autograder.scores.export.sheet import Line, Sheet, Table, need
from autograder.scores.people import Person
from autograder.scores.target import Column, Standing

IDENTITY = ("Last Name", "First Name", "Username", "Student ID")
_COLUMN = re.compile(r".+ \|\d+")
_POINTS = re.compile(r"Total Pts: (?:up to )?([\d.]+)")


def read(table: Table, column: str | None, maximum: Decimal | None) -> Sheet:
    """The file that Blackboard downloads for working offline: UTF-16 with tabs, or CSV."""
    need(table, "Username")
    name = table.one_of([n for n in table.header if _COLUMN.fullmatch(n)], column, "columns with an id")
    points = _POINTS.search(name)
    if points is None and maximum is None:
        raise UserError(f"{table.path}: {name!r} does not say its points; give --maximum")
    possible = parsed(points[1]) if points else maximum
    assert possible is not None
    lines, people, standings = {}, [], {}
    for line in table.lines:
        own = line["Username"].strip()
        if not own:
            continue
        lines[own] = line
        full = f"{line.get('First Name', '')} {line.get('Last Name', '')}".strip()
        active = line.get("Availability", "Yes").strip().casefold() != "no"
        people.append(Person(own, line.get("Student ID", ""), own, own if "@" in own else "", full, active=active))
        standings[own] = _standing(line[name])

    def fill(line: Line, score: Decimal, comment: str) -> Line:
        return {**line, name: shown(score)}

    header = [heading for heading in table.header if heading in IDENTITY] + [name]
    notes = ["Blackboard enters imported scores as overrides"]
    return Sheet(
        table,
        Column(f"Blackboard, {name}", possible, comments=False),
        people,
        standings,
        lines,
        header,
        fill,
        notes=notes,
    )


def _standing(cell: str) -> Standing:
    """A number; words like "Needs Grading" stand for none yet."""
    try:
        return Standing(score=parsed(cell.split("(")[0]) if cell.strip() else None)
    except ValueError:
        return Standing()
