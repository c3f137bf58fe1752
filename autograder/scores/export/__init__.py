"""Import files: what an LMS exported, with the scores filled in, exactly as that LMS takes them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from autograder.errors import UserError
from autograder.scores.decimals import shown
from autograder.scores.export import blackboard, brightspace, canvas, moodle
from autograder.scores.export.sheet import Sheet, Table, read_table, write_table
from autograder.scores.grades import Grades
from autograder.scores.matching import Roster
from autograder.scores.people import Person
from autograder.scores.plan import PlannedRow
from autograder.scores.planning import Wishes, decide_rows

READERS: dict[str, Callable[[Table, str | None, Decimal | None], Sheet]] = {
    "canvas": canvas.read,
    "moodle": moodle.read_gradebook,
    "moodle-worksheet": moodle.read_worksheet,
    "blackboard": blackboard.read,
    "brightspace": brightspace.read,
}
FILLED = ("create", "raise", "lower", "comment")


@dataclass(frozen=True)
class Export:
    """An import file, ready to be written, and the decisions behind it."""

    sheet: Sheet
    rows: list[PlannedRow]

    @property
    def filled(self) -> int:
        """How many scores are in it."""
        return sum(row.action in FILLED for row in self.rows)

    def write(self, path: Path) -> None:
        """Write the file; see `write_table`."""
        new = {row.user: row for row in self.rows if row.action in FILLED}
        lines = list(self.sheet.first)
        for user, line in self.sheet.lines.items():
            row = new.get(user)
            if row is not None and row.score is not None:
                score = row.before.score if row.action == "comment" else None  # it stands, maybe with more decimals
                lines.append(self.sheet.fill(line, row.score if score is None else score, row.comment))
            elif self.sheet.keep_all:
                lines.append(line)
        write_table(self.sheet, lines, path)


def make_export(
    form: str,
    source: Path,
    column: str | None,
    maximum: Decimal | None,
    grades: Grades,
    match: Callable[[list[Person]], Roster],
    wishes: Wishes,
) -> Export:
    """Decide which scores go into the import file.

    Parameters
    ----------
    source : what the LMS exported
    column, maximum : where the export leaves them open

    Raises
    ------
    UserError : the export lacks what the format needs, or says another maximum
    """
    if maximum is not None and maximum <= 0:
        raise UserError(f"--maximum {shown(maximum)}: a column has more than 0 points")
    sheet = READERS[form](read_table(source), column, maximum)
    own = sheet.column.maximum
    if maximum is not None and maximum != own:
        raise UserError(f"{source}: says itself that its maximum is {shown(own)}; leave out --maximum")
    if own <= 0:
        raise UserError(f"{source}: {sheet.column.title}: its maximum is {shown(own)}; set one in the LMS")
    if not sheet.column.comments:
        wishes = replace(wishes, detail="none")
    rows = decide_rows(grades, match(sheet.people), sheet.column, sheet.standings, wishes)
    return Export(sheet, rows)
