"""Compares an LMS with a plan."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.scores.applying import is_planned
from autograder.scores.decimals import shown
from autograder.scores.plan import Plan, PlannedRow
from autograder.scores.target import Standing

SAME, DRIFT, PARTIAL = 0, 2, 3


@dataclass(frozen=True)
class Difference:
    """A row that does not stand as planned: "not applied" (as before the plan), "partly", or "drift"."""

    row: PlannedRow
    kind: str
    words: str


@dataclass(frozen=True)
class Comparison:
    """How many rows stand as planned, and those that do not."""

    same: int
    differences: tuple[Difference, ...]

    @property
    def status(self) -> int:
        """Exit status: 0 all the same, 2 something is neither as planned nor as before, 3 some is still to be sent."""
        kinds = {difference.kind for difference in self.differences}
        return DRIFT if "drift" in kinds else PARTIAL if kinds else SAME


def compare(plan: Plan, standings: dict[str, Standing]) -> Comparison:
    """Compare every row that the plan writes or found right already."""
    same, differences = 0, []
    for row in plan.rows:
        if row.action == "blocked":
            continue
        now = standings.get(row.user)
        if now is not None and is_planned(row, now, plan.places):
            same += 1
            continue
        differences.append(_difference(row, now, plan))
    return Comparison(same, tuple(differences))


def _difference(row: PlannedRow, now: Standing | None, plan: Plan) -> Difference:
    if now is None:
        return Difference(row, "drift", "not in the course any more")
    planned, found = (shown(s) if s is not None else "no score" for s in (row.score, now.score))
    score_stands = is_planned(row.model_copy(update={"comment": ""}), now, plan.places)
    if score_stands:
        return Difference(row, "partly", f"{found}, as planned, without the comment")
    if row.action != "same" and now.score == row.before.score:
        return Difference(row, "not applied", f"{found}; {planned} is planned")
    return Difference(row, "drift", f"{found}; {planned} was planned")
