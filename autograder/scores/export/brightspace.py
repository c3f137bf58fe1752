"""Brightspace's grades CSV: `OrgDefinedId` or `Username`, `<Item> Points Grade`, and an end-of-line column."""

from __future__ import annotations

import re
from decimal import Decimal

from autograder.errors import UserError
from autograder.scores.decimals import parsed, shown
from autograder.scores.export.sheet import Line, Sheet, Table
from autograder.scores.people import Person
from autograder.scores.target import Column, Standing

END = "End-of-Line Indicator"
IDENTITY = ("OrgDefinedId", "Username", "Last Name", "First Name", "Email")
_ITEM = re.compile(r"(?P<item>.+) Points Grade(?: <.*?MaxPoints:(?P<points>[\d.]+).*>)?")


def read(table: Table, column: str | None, maximum: Decimal | None) -> Sheet:
    """The grades that Brightspace exports, with points grades, and both keys where possible."""
    keys = [key for key in ("OrgDefinedId", "Username") if key in table.header]
    if not keys:
        raise UserError(f"{table.path}: neither 'OrgDefinedId' nor 'Username'; export both keys")
    name = table.one_of([n for n in table.header if _ITEM.fullmatch(n)], column, "'… Points Grade' columns")
    item = _ITEM.fullmatch(name)
    assert item is not None
    possible = parsed(item["points"]) if item["points"] else maximum
    if possible is None:
        raise UserError(f"{table.path}: {name!r} does not say its MaxPoints; give --maximum")
    heading = f"{item['item']} Points Grade"
    lines, people, standings = {}, [], {}
    for line in table.lines:
        own = line[keys[0]].strip()
        if not own.strip("#"):
            continue
        lines[own] = line
        number, login = (line.get(key, "").strip().removeprefix("#") for key in ("OrgDefinedId", "Username"))
        full = f"{line.get('First Name', '')} {line.get('Last Name', '')}".strip()
        people.append(Person(own, number, login, line.get("Email", ""), full))
        standings[own] = _standing(line[name])

    def fill(line: Line, score: Decimal, comment: str) -> Line:
        return {**line, heading: shown(score), END: "#"}

    header = [*(h for h in table.header if h in IDENTITY), heading, END]
    return Sheet(
        table, Column(f"Brightspace, {item['item']}", possible, comments=False), people, standings, lines, header, fill
    )


def _standing(cell: str) -> Standing:
    try:
        return Standing(score=parsed(cell) if cell.strip() else None)
    except ValueError as error:
        return Standing(obstacle=f"what stands is {error}")
