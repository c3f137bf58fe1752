"""Students as an LMS knows them, and a roster CSV of them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UserError

# What LMS exports call the same thing, in lower case.
HEADINGS = {
    "file": ("file", "submission"),
    "id": ("id", "user_id", "user id", "canvas id", "userid"),
    "sis_id": ("sis_id", "sis user id", "idnumber", "id number", "student id", "student_id", "orgdefinedid", "sid",
               "student number", "matriculation number"),
    "login": ("login", "login_id", "sis login id", "username", "user name", "login id"),
    "email": ("email", "e-mail", "email address", "e-mail address"),
    "name": ("name", "full name", "student", "student name"),
    "first": ("first name", "first_name", "given name"),
    "last": ("last name", "last_name", "surname", "family name"),
    "participant": ("identifier", "participant"),
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One student.

    Parameters
    ----------
    id : the LMS's own id, as text
    sis_id : the student number (Canvas: SIS user id, Moodle: idnumber, Brightspace: OrgDefinedId); zeros in front count
    participant : Moodle's id in the names of bulk downloads
    active : False where the LMS says that the enrolment is suspended or has ended
    file : the submission that a roster CSV gives this student
    """

    id: str
    sis_id: str = ""
    login: str = ""
    email: str = ""
    name: str = ""
    participant: str = ""
    active: bool = True
    file: str = ""

    @property
    def identifiers(self) -> set[str]:
        """What names exactly this student."""
        return {key for key in (self.id, self.sis_id, self.login, self.email) if key}


def letters(name: str) -> str:
    """A name's letters in sorted order: equal for "Lovelace, Ada", "Ada Lovelace" and "lovelaceada"."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sorted(c for c in plain if c.isalnum()))


def read_csv(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """A CSV or tab-separated file as its header and rows; UTF-8, or UTF-16 as Blackboard writes it.

    Raises
    ------
    UserError : it cannot be read as such
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: neither UTF-8 nor UTF-16 text; save it as CSV in UTF-8") from None
    try:
        header, *lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text))) or [[]]
    except csv.Error as error:
        raise UserError(f"{path}: not a CSV file: {error}") from None
    if not header:
        raise UserError(f"{path}: empty")
    return header, [dict(zip(header, [*line, *[""] * len(header)], strict=False)) for line in lines if any(line)]


def delimiter(text: str) -> str:
    """What parts the columns of the first line: tab, semicolon or comma."""
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def read_people(path: Path) -> list[Person]:
    """Read a roster CSV: any LMS's export with an id, student number, login or e-mail a row.

    Raises
    ------
    UserError : no column names a student
    """
    header, rows = read_csv(path)
    columns = {kind: name for kind, known in HEADINGS.items() for name in header if name.strip().casefold() in known}
    if not columns.keys() & {"id", "sis_id", "login", "email"}:
        raise UserError(f"{path}: no column with an id, student number, login or e-mail address (there is: {header})")
    people = []
    for row in rows:
        value = {kind: row[name].strip() for kind, name in columns.items()}
        if "Points Possible" in row[header[0]]:  # Canvas's second line is no student
            continue
        name = value.get("name") or f"{value.get('first', '')} {value.get('last', '')}".strip()
        sis_id, login = (value.get(kind, "").removeprefix("#") for kind in ("sis_id", "login"))
        number = re.sub(r"\D", "", value.get("participant", ""))
        own = value.get("id") or sis_id or login or value.get("email", "")
        if own:
            people.append(Person(own, sis_id, login, value.get("email", ""), name, number, file=value.get("file", "")))
    return people
