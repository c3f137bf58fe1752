"""The audit log: what was done to whose score, when, as a table. Made from the journal."""

from __future__ import annotations

from pathlib import Path

from autograder.csv_lines import CsvLines
from autograder.scores.journal import Journal
from autograder.scores.plan import Plan
from autograder.scores.who_file import harmless

HEADER = ["time", "event", "user_id", "name", "file", "before", "score", "stands", "comment_mark", "reason"]


def write_audit(plan: Plan, journal: Journal, path: Path) -> None:
    """Write the whole log anew."""
    names = {row.user: row.name for row in plan.rows}
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace") as stream:
        table = CsvLines(stream)
        table.row(HEADER)
        for line in journal.lines:
            if line["event"] == "plan":
                continue
            user = line.get("user", "")
            keys = ("file", "before", "score", "stands", "mark", "why")
            cells = [line["time"], line["event"], user, names.get(user, ""), *(line.get(k, "") for k in keys)]
            table.row([harmless(cell) for cell in cells])
    temporary.replace(path)
