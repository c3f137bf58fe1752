"""What `autograder scores` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder.scores.applying import Summary
from autograder.scores.decimals import shown
from autograder.scores.matching import Roster
from autograder.scores.plan import Plan, PlannedRow
from autograder.scores.target import Column
from autograder.scores.verifying import Comparison

MAX_TABLE_ROWS = 200
STYLES = {"lower": "yellow", "blocked": "red", "same": "dim"}
SEEN = {"at once": "at once", "when released": "when they are released (--release)", "unknown": "maybe at once"}


def _print(table: Table) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 140
    console.print(table, crop=False)


def _plain(text: str) -> str:
    """Others' text for a table: no markup, no control codes."""
    return escape(_printable(text))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text)


def _say_rest(rows: int) -> None:
    if rows > MAX_TABLE_ROWS:
        click.echo(f"… and {rows - MAX_TABLE_ROWS} more rows")


def _points(value: Decimal | None) -> str:
    return "" if value is None else shown(value)


def show_roster(roster: Roster) -> None:
    """Print who is who: first the count, then whatever is not settled."""
    counts = roster.counts()
    click.echo(", ".join(f"{number} {status}" for status, number in counts.items()))
    unsettled = [match for match in roster.matches if match.status != "matched"]
    if unsettled:
        table = Table("submission", "status", "student?", "why", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for match in unsettled[:MAX_TABLE_ROWS]:
            people = "\n".join(_plain(f"{person.name} ({person.sis_id or person.id})") for person in match.people[:5])
            table.add_row(_plain(match.file), match.status, people, _plain(match.how))
        _print(table)
        _say_rest(len(unsettled))
    if roster.missing:
        names = [_printable(f"{p.name or p.login} ({p.sis_id or p.id})") for p in roster.missing]
        more = f" and {len(names) - 20} more" if len(names) > 20 else ""
        click.echo(f"without a submission: {', '.join(names[:20])}{more}")


def show_rows(rows: Sequence[PlannedRow], title: str, maximum: Decimal, lms_maximum: Decimal) -> None:
    """Print the table of a plan, what is scaled, and the counts."""
    table = Table(title=_plain(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("submission", "student"):
        table.add_column(heading)
    for heading in ("stands", "new"):
        table.add_column(heading, justify="right")
    table.add_column("action")
    table.add_column("why / note")
    order = {"blocked": 0, "lower": 1}
    for row in sorted(rows, key=lambda row: order.get(row.action, 2))[:MAX_TABLE_ROWS]:
        cells = (_plain(row.file), _plain(row.name or row.user), _points(row.before.score), _points(row.score))
        table.add_row(*cells, row.action, _plain(row.reason), style=STYLES.get(row.action, ""))
    _print(table)
    _say_rest(len(rows))
    if maximum != lms_maximum:
        click.echo(f"SCALED: {shown(maximum)} points of the grades file are {shown(lms_maximum)} in the LMS")
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.action] = counts.get(row.action, 0) + 1
    names = ("create", "raise", "lower", "comment", "same", "blocked")
    click.echo(", ".join(f"{counts.get(name, 0)} {name}" for name in names))


def show_plan(plan: Plan, column: Column) -> None:
    """Print a plan."""
    show_rows(plan.rows, plan.title, plan.maximum, plan.lms_maximum)
    click.echo(f"students see scores: {SEEN[column.visibility]}")
    for note in column.notes:
        click.echo(f"note: {note}")


@contextmanager
def progress(words: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar, on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def show_summary(plan: Plan, summary: Summary, requests: int, audit: str) -> None:
    """Print how an upload ended: the rows that do not stand as planned, with the reason, then counts."""
    rows = {row.user: row for row in plan.to_write()}
    unsettled = [u for u, outcome in summary.outcomes.items() if outcome not in ("written", "already", "waiting")]
    if unsettled:
        table = Table("student", "submission", "planned", "outcome", "why", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for user in unsettled[:MAX_TABLE_ROWS]:
            row = rows[user]
            reason = _plain(summary.reasons.get(user, ""))
            table.add_row(
                _plain(row.name or user), _plain(row.file), _points(row.score), summary.outcomes[user], reason
            )
        _print(table)
        _say_rest(len(unsettled))
    words = {key: key for key in summary.counts()}
    words |= {"written": "written and read back", "already": "stood there already", "partly": "partly written",
              "waiting": "not reached"}  # fmt: skip
    counts = summary.counts()
    earlier = sum(outcome == "written" and user not in summary.sent for user, outcome in summary.outcomes.items())
    if earlier:
        words["written"] += f" ({'all' if earlier == counts['written'] else earlier} by an earlier run)"
    click.echo(", ".join(f"{counts[key]} {text}" for key, text in words.items() if counts[key] or key == "written"))
    if summary.released:
        click.echo("released: students see the scores now")
    if summary.ended:
        click.echo(f"the run ended early: {_printable(summary.ended)}")
    elif not summary.complete:
        click.echo("the same command tries again what does not stand yet; for what was stopped, make a new plan")
    click.echo(f"{requests} requests; {audit}")


def show_comparison(found: Comparison) -> None:
    """Print how the LMS differs from a plan."""
    if found.differences:
        table = Table("student", "submission", "", "the LMS shows", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for difference in found.differences[:MAX_TABLE_ROWS]:
            row = difference.row
            table.add_row(_plain(row.name or row.user), _plain(row.file), difference.kind, _plain(difference.words))
        _print(table)
        _say_rest(len(found.differences))
    kinds = [difference.kind for difference in found.differences]
    said = [f"{kinds.count(kind)} {kind}" for kind in ("not applied", "partly", "drift") if kind in kinds]
    click.echo(", ".join([f"{found.same} as planned", *said]))
