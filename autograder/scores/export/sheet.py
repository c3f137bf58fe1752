"""An LMS's own export as a table: who stands in it, what they have, and which column is filled."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from autograder.errors import UserError
from autograder.scores.people import Person, delimiter
from autograder.scores.target import Column, Standing

Line = dict[str, str]


@dataclass(frozen=True)
class Table:
    """A CSV or tab-separated file, with the form that it came in: encoding and delimiter."""

    path: Path
    header: list[str]
    lines: list[Line]
    encoding: str
    delimiter: str

    def one_of(self, names: Sequence[str], column: str | None, what: str) -> str:
        """The column that is meant.

        Parameters
        ----------
        names : headings that can be filled
        column : what the user says: a heading, or the part of it before its id; None: there must be just one

        Raises
        ------
        UserError : none or several fit
        """
        found = [name for name in names if column is None or name == column or name.startswith(f"{column} ")]
        if len(found) == 1:
            return found[0]
        choice = ", ".join(repr(name) for name in names) or "none"
        said = f"{column!r} is" if column is not None else "the column to fill is"
        hint = "" if column is not None else "; name one with --column"
        raise UserError(f"{self.path}: {said} not one of the {what}: {choice}{hint}")


@dataclass(frozen=True)
class Sheet:
    """What a format makes of the export.

    Parameters
    ----------
    lines : the line of each student, by the id in `people`
    fill : the lines to write, given each student's line, score and comment
    keep_all : whether lines without a new score are written, too
    """

    table: Table
    column: Column
    people: list[Person]
    standings: dict[str, Standing]
    lines: dict[str, Line]
    header: list[str]
    fill: Callable[[Line, Decimal, str], Line]
    first: list[Line] = field(default_factory=list)
    keep_all: bool = False
    notes: list[str] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """Read an export in UTF-8 or, as Blackboard writes it, UTF-16.

    Raises
    ------
    UserError : it cannot be read, or a heading occurs twice
    """
    try:
        content = path.read_bytes()
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = content.decode(encoding)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: neither UTF-8 nor UTF-16 text; export it again") from None
    if encoding == "utf-8-sig" and not content.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8"
    parts = delimiter(text)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=parts) if row]
    except csv.Error as error:
        raise UserError(f"{path}: not a CSV file: {error}") from None
    if not rows:
        raise UserError(f"{path}: empty")
    header = rows[0]
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise UserError(f"{path}: two columns are called {twice!r}; rename one in the LMS and export again")
    lines = [dict(zip(header, [*row, *[""] * len(header)], strict=False)) for row in rows[1:]]
    return Table(path, header, lines, encoding, parts)


def write_table(sheet: Sheet, lines: Sequence[Line], path: Path) -> None:
    """Write `lines` below the sheet's header, in the form that the export came in.

    Raises
    ------
    UserError : the file cannot be written
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=sheet.table.delimiter, lineterminator="\r\n")
    writer.writerow(sheet.header)
    writer.writerows([line.get(name, "") for name in sheet.header] for line in lines)
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as stream:
            stream.write(text.getvalue().encode(sheet.table.encoding))
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def need(table: Table, *names: str) -> None:
    """See that the export has these columns.

    Raises
    ------
    UserError : one is missing
    """
    for name in names:
        if name not in table.header:
            raise UserError(f"{table.path}: no column {name!r}; export it from the LMS, in English")
