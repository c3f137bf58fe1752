"""Canvas's gradebook CSV. An unknown column would become a new assignment, so only a column of the export is filled."""

from __future__ import annotations

import re
from decimal import Decimal

from autograder.errors import UserError
from autograder.scores.decimals import parsed, shown
from autograder.scores.export.sheet import Line, Sheet, Table, need
from autograder.scores.people import Person
from autograder.scores.target import Column, Standing

IDENTITY = ("Student", "ID", "SIS User ID", "SIS Login ID", "Root Account", "Section")
_ASSIGNMENT = re.compile(r".+ \(\d+\)")


def read(table: Table, column: str | None, maximum: Decimal | None) -> Sheet:
    """The gradebook that Canvas exports."""
    need(table, "Student", "ID", "Section")
    name = table.one_of([n for n in table.header if _ASSIGNMENT.fullmatch(n)], column, "assignments")
    points = next((i for i, line in enumerate(table.lines) if line["Student"].strip() == "Points Possible"), None)
    if points is None or points > 1:
        raise UserError(f"{table.path}: no line 'Points Possible' below the headings; export the gradebook again")
    try:
        possible = parsed(table.lines[points][name])
    except ValueError as error:
        raise UserError(f"{table.path}: points possible of {name!r}: {error}") from None
    lines: dict[str, Line] = {}
    standings: dict[str, Standing] = {}
    people = []
    for line in table.lines[points + 1 :]:
        number = line["ID"].strip()
        if not number:
            continue
        lines[number], standings[number] = line, _standing(line[name])
        login = line.get("SIS Login ID", "")
        people.append(
            Person(number, line.get("SIS User ID", ""), login, login if "@" in login else "", line["Student"])
        )
    header = [heading for heading in table.header if heading in IDENTITY] + [name]

    def fill(line: Line, score: Decimal, comment: str) -> Line:
        return {**line, name: shown(score)}

    title = f"Canvas, {name}"
    first = table.lines[: points + 1]
    return Sheet(table, Column(title, possible, comments=False), people, standings, lines, header, fill, first)


def _standing(cell: str) -> Standing:
    cell = cell.strip()
    if cell.upper() == "EX":
        return Standing(obstacle="excused")
    if cell.upper() == "N/A":
        return Standing(obstacle="not assigned to this student")
    try:
        return Standing(score=parsed(cell) if cell else None)
    except ValueError:
        return Standing(obstacle=f"stands as {cell!r}, which is no number")
