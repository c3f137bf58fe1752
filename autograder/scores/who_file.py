"""The small CSV in which a person confirms who is who."""

from __future__ import annotations

from pathlib import Path

from autograder.csv_lines import CsvLines
from autograder.errors import UserError
from autograder.scores.matching import Match, Roster
from autograder.scores.people import read_csv

HEADER = ["file", "status", "user_id", "name", "student_number", "email", "how", "confirm"]
YES, NO = {"yes", "y", "x", "1", "true", "ja", "oui", "si"}, {"", "no", "n", "0", "false", "nein", "non"}


def write_who(roster: Roster, path: Path, confirmed: dict[str, list[str]]) -> None:
    """Write a row for each possible student of each submission; what was confirmed stays so."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", newline="", encoding="utf-8") as stream:
        table = CsvLines(stream)
        table.row(HEADER)
        for match in roster.matches:
            for row in _rows(match, confirmed):
                table.row([harmless(cell) for cell in row])
    temporary.replace(path)


def harmless(cell: str) -> str:
    """The cell, marked as text where a spreadsheet would take it for a formula: students choose the files' names."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "'") else cell


def _rows(match: Match, confirmed: dict[str, list[str]]) -> list[list[str]]:
    if not match.people:
        return [[match.file, match.status, "", "", "", "", match.how, ""]]
    said = confirmed.get(match.file, [])
    return [
        [match.file, match.status, p.id, p.name, p.sis_id, p.email, match.how, "yes" if p.id in said else ""]
        for p in match.people
    ]


def read_who(path: Path) -> dict[str, list[str]]:
    """The LMS user ids that a person confirmed, by file.

    Raises
    ------
    UserError : a column is missing, or `confirm` holds neither yes nor no
    """
    header, rows = read_csv(path)
    for column in ("file", "user_id", "confirm"):
        if column not in header:
            raise UserError(f"{path}: no column {column!r}; make it with `autograder scores roster … -o {path}`")
    confirmed: dict[str, list[str]] = {}
    for row in rows:
        row["file"], row["user_id"] = (row[name].removeprefix("'") for name in ("file", "user_id"))
        answer = row["confirm"].strip().casefold()
        if answer not in YES | NO:
            raise UserError(f"{path}: {row['file']}: confirm is {row['confirm']!r}; write yes or leave it empty")
        if answer in YES:
            if not row["user_id"].strip():
                raise UserError(f"{path}: {row['file']}: confirmed without a user_id")
            confirmed.setdefault(row["file"], []).append(row["user_id"].strip())
    return confirmed
