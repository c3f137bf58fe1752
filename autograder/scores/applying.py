"""Carries out a plan: re-read, write, read back, row by row, with a journal that a killed run goes on from."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from autograder.errors import UserError
from autograder.scores.answers import AtWork, Changed, LmsError, Refused, Stopped, TooMany, Unsure
from autograder.scores.comments import holds, mark_of
from autograder.scores.decimals import rounded, shown
from autograder.scores.journal import FINAL, Journal
from autograder.scores.pace import Pace
from autograder.scores.plan import Plan, PlannedRow
from autograder.scores.target import Column, Standing, Target, Write

T = TypeVar("T")
OUTCOMES = ("written", "already", "stopped", "partly", "failed", "unclear", "waiting")
MOST_FAILURES = 5  # in a row: then something is wrong with more than these rows


@dataclass
class Summary:
    """How an upload ended: an outcome for each row of the plan that was to be written.

    "written": sent by us and read back; "already": stood there; "stopped": the LMS changed since the plan, nothing
    sent; "partly": the score stands, the comment does not; "failed": the LMS did not take it; "unclear": sent, and
    nothing tells what became of it; "waiting": not reached. `sent`: by this run, not an earlier one.
    """

    outcomes: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    ended: str = ""
    released: bool = False

    def counts(self) -> dict[str, int]:
        """Rows by outcome."""
        return {outcome: sum(o == outcome for o in self.outcomes.values()) for outcome in OUTCOMES}

    @property
    def complete(self) -> bool:
        """Whether every row stands in the LMS as planned."""
        return all(outcome in FINAL for outcome in self.outcomes.values())


@dataclass(frozen=True)
class _Sent:
    row: PlannedRow
    write: Write
    error: LmsError | None
    alone: bool


def check_column(plan: Plan, column: Column, *, release: bool) -> None:
    """See that the column is still the plan's, and that publishing is meant.

    Raises
    ------
    UserError : the maximum or the way of publishing has changed, or students would see scores at once unasked
    """
    if column.maximum != plan.lms_maximum:
        said = f"{shown(plan.lms_maximum)} → {shown(column.maximum)}"
        raise UserError(f"{column.title}: its maximum changed since the plan ({said}); make a new plan")
    if column.read_only:
        raise UserError(f"{column.title}: {column.read_only}")
    if column.visibility != "when released" and not release:
        when = "sees each score at once" if column.visibility == "at once" else "may see each score at once"
        raise UserError(f"{column.title}: a student {when}; give --release if that is meant (docs/lms.md)")


def is_planned(row: PlannedRow, now: Standing, places: int) -> bool:
    """Whether the LMS holds what the plan says; a comment that it does not show is taken for granted."""
    if row.score is None or now.score is None or rounded(now.score, places) != row.score:
        return False
    return not row.comment or now.comments is None or holds(now.comments, row.comment)


class Upload:
    """One run of `scores apply`.

    Parameters
    ----------
    batch : rows in one request, where the LMS takes several
    progress : called once for each row that is finished
    """

    def __init__(
        self,
        plan: Plan,
        target: Target,
        journal: Journal,
        *,
        allow_lower: bool = False,
        release: bool = False,
        batch: int = 1,
        pace: Pace | None = None,
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._plan, self._target, self._journal = plan, target, journal
        self._allow_lower, self._release, self._batch = allow_lower, release, batch
        self._pace, self._progress = pace or Pace(), progress
        self._queue: deque[PlannedRow] = deque()
        self._later: list[PlannedRow] = []  # an answer got lost, and reading back showed nothing yet
        self._settled = 0.0  # when they may be read again
        self._unsettled = journal.unsettled()  # an earlier run ended there: its write may still be on its way
        self._again: set[str] = set()
        self._singly: set[str] = set()
        self._began = journal.began()
        self._failures = 0
        self.summary = Summary({row.user: "waiting" for row in plan.to_write()})

    def run(self) -> Summary:
        """Do what is left of the plan; `summary` is up to date even when this is interrupted.

        Raises
        ------
        UserError : the column is not the plan's any more, or `release` is missing
        """
        try:
            column = self._ask(self._target.column)
            check_column(self._plan, column, release=self._release)
            self._students = {person.id: person for person in self._ask(self._target.people)}
            self._batch = max(1, min(self._batch, column.most))
            self._release_each = self._release and column.release_each
            self._see_earlier_jobs_end()
            self._fill_queue()
            self._work()
            if self._release and column.visibility == "when released" and self.summary.complete:
                self._ask(self._target.release)
                self.summary.released = True
                self._journal.add([{"event": "released"}])
        except LmsError as error:
            self.summary.ended = str(error)
            with suppress(LmsError):  # maybe it is the journal that cannot be written
                self._journal.add([{"event": "ended", "why": str(error)}])
        return self.summary

    def _see_earlier_jobs_end(self) -> None:
        for job in self._journal.open_jobs():
            try:
                self._end(job)
            except AtWork as error:
                raise Stopped(f"what an earlier run sent may still be at work: {error}; go on later") from None
            except Refused:
                continue  # reading tells what it wrote

    def _end(self, job: str) -> None:
        """Wait for a job's end, and note it."""
        try:
            self._target.finish(job)
        except Refused:
            self._journal.add([{"event": "job ended", "job": job}])
            raise
        self._journal.add([{"event": "job ended", "job": job}])

    def _fill_queue(self) -> None:
        known = self._journal.outcomes()
        for row in self._plan.to_write():
            if known.get(row.user) in FINAL and not self._release_each:  # else only the LMS tells what is released
                self.summary.outcomes[row.user] = known[row.user]
                self._progress()
            else:
                self._queue.append(row)

    def _work(self) -> None:
        pending: list[_Sent] = []
        while True:
            if not self._queue and not pending and self._later:
                self._pace.sleep(max(0.0, self._settled - time.monotonic()))
                self._queue.extend(self._later)
                self._later = []
            batch = self._take()
            if not batch and not pending:
                return
            users = list(dict.fromkeys([*(sent.row.user for sent in pending), *(row.user for row in batch)]))
            now = self._ask(partial(self._target.read, users))
            for sent in pending:
                self._confirm(sent, now.get(sent.row.user))
            if self._failures >= MOST_FAILURES:
                raise Stopped(f"{self._failures} rows in a row were not taken; nothing more was sent")
            writes = [(row, write) for row in batch if (write := self._decide(row, now.get(row.user)))]
            pending = self._send(writes) if writes else []

    def _take(self) -> list[PlannedRow]:
        batch: list[PlannedRow] = []
        while self._queue and len(batch) < self._batch:
            if self._queue[0].user in self._singly and batch:
                break
            batch.append(self._queue.popleft())
            if batch[-1].user in self._singly:
                break
        return batch

    def _decide(self, row: PlannedRow, now: Standing | None) -> Write | None:
        """What to send for a row, given what stands there this moment; None where nothing is to be sent."""
        person = self._students.get(row.user)
        began = row.user in self._began
        if now is None or person is None or not person.active:
            self._finish(row, "stopped", "suspended, or no longer in the course")
            return None
        if self._stands(row, now):
            self._finish(row, "written" if began else "already", "", now)
            return None
        if row.user in self._unsettled:
            seconds, rows = self._unsettled.pop(row.user)
            if (wait := self._settling(rows) - seconds) > 0:
                self._put_off(row, wait)
                return None
        whole = Write(row.user, None if row.action == "comment" else row.score, row.comment, row.rubric, now=now,
                      release=self._release, file=Path(row.feedback) if row.feedback else None)  # fmt: skip
        if began and self._score_stands(row, now) and not now.obstacle and now.attempt == row.before.attempt:
            whole = replace(whole, score=None)  # an earlier try got as far as the score
        elif not now.same_but_comments(row.before):
            self._finish(row, "stopped", _change(row.before, now))
            return None
        if self._lowers(whole, now) and not self._allow_lower:
            self._finish(row, "stopped", "lower than what stands; give --allow-lower here, too", now)
            return None
        if row.feedback and _digest(Path(row.feedback)) != row.feedback_digest:
            self._finish(row, "stopped", f"feedback file missing or changed since the plan: {row.feedback}")
            return None
        if row.comment and holds(now.comments, row.comment):
            whole = replace(whole, comment="", file=None)  # both came together, and comments are only ever added
        return whole

    def _lowers(self, write: Write, now: Standing) -> bool:
        """Whatever the plan calls it."""
        return write.score is not None and now.score is not None and write.score < rounded(now.score, self._plan.places)

    def _stands(self, row: PlannedRow, now: Standing) -> bool:
        return is_planned(row, now, self._plan.places) and (now.released or not self._release_each)

    def _score_stands(self, row: PlannedRow, now: Standing) -> bool:
        return row.score is not None and now.score is not None and rounded(now.score, self._plan.places) == row.score

    def _send(self, rows: list[tuple[PlannedRow, Write]]) -> list[_Sent]:
        stamps = self._journal.stamps
        writes = [replace(write, stamp=self._target.stamp(stamps.get(row.user, ""))) for row, write in rows]
        self._journal.add([_writing(row, write, len(rows)) for (row, _), write in zip(rows, writes, strict=True)])
        first = [row.user for row, _ in rows if row.user not in self._began]
        self._began |= {row.user for row, _ in rows}
        self.summary.sent |= {row.user for row, _ in rows}
        for row, _ in rows:  # whatever ends the run from here on: only reading back settles it
            self.summary.outcomes[row.user] = "unclear"
            self.summary.reasons[row.user] = "begun when the run ended"
        error: LmsError | None = None
        try:
            job = self._pace.patiently(partial(self._write, writes, time.monotonic()), again_when_unsure=False)
            if job:
                self._journal.add([{"event": "job", "job": job, "users": [row.user for row, _ in rows]}])
                self._end(job)
        except Changed:
            return self._put_back(rows, first)
        except TooMany as many:
            if len(rows) > 1:
                self._batch = max(1, len(rows) // 2)
                return self._put_back(rows, first)
            error = Refused(str(many))
        except (Refused, Unsure) as said:
            error = said
        alone = len(rows) == 1
        return [_Sent(row, write, error, alone) for (row, _), write in zip(rows, writes, strict=True)]

    def _write(self, writes: list[Write], read_at: float) -> str:
        """Write; after a long wait only if the LMS did not change in the meantime."""
        if time.monotonic() - read_at > self._pace.stale:
            now = self._target.read([write.user for write in writes])
            if any(now.get(write.user) != write.now for write in writes):
                raise Changed("changed while the LMS was waited for")
        return self._target.write(writes)

    def _put_back(self, rows: list[tuple[PlannedRow, Write]], first: list[str]) -> list[_Sent]:
        """Nothing of these rows was written: they are to be read and decided again; `first`: never sent before."""
        self._journal.add([{"event": "unsent", "user": user} for user in first])
        self._began.difference_update(first)
        self.summary.sent.difference_update(first)
        self._queue.extendleft(row for row, _ in reversed(rows))
        self.summary.outcomes.update({row.user: "waiting" for row, _ in rows})
        return []

    def _confirm(self, sent: _Sent, now: Standing | None) -> None:
        """Compare what was sent with what stands there."""
        row, before = sent.row, sent.write.now
        lost = isinstance(sent.error, Unsure)  # the LMS may still be at work on it
        again = row.user not in (self._again if lost else self._singly) and (lost or not sent.alone)
        again = again and not isinstance(sent.error, AtWork)
        if now is not None and self._stands(row, now):
            self._failures = 0
            self._finish(row, "written", "", now)
        elif now is not None and self._score_stands(row, now) and row.action != "comment":
            if again:
                self._try_again(sent, later=lost)
            else:
                why = f"the score stands, the comment does not: {sent.error or 'no reason given'}"
                self._finish(row, "partly", why, now)
        elif now is None or now.score == before.score:
            if again:
                self._try_again(sent, later=lost)
            elif lost:
                self._finish(row, "unclear", f"{sent.error}; nothing of it stands there yet", now)
            else:
                self._failures += 1
                reason = str(sent.error) if sent.error else _silent(now)
                self._finish(row, "failed", reason, now)
        else:
            reason = f"sent {_points(row.score)}, the LMS shows {_points(now.score)}"
            self._finish(row, "failed", reason + (f": {sent.error}" if sent.error else ""), now)

    def _try_again(self, sent: _Sent, *, later: bool) -> None:
        self._singly.add(sent.row.user)
        if later:
            self._again.add(sent.row.user)
            self._put_off(sent.row, self._settling(1 if sent.alone else 2))
        else:
            self._queue.appendleft(sent.row)

    def _put_off(self, row: PlannedRow, wait: float) -> None:
        self._later.append(row)
        self._settled = max(self._settled, time.monotonic() + wait)

    def _settling(self, rows: int) -> float:
        """How long a request of so many rows may be at work in the LMS, unseen."""
        return self._pace.settle if rows == 1 else self._pace.settle_many

    def _finish(self, row: PlannedRow, outcome: str, why: str, now: Standing | None = None) -> None:
        event = {"event": outcome, "user": row.user, "file": row.file}
        if why:
            event["why"] = why
        if now is not None and now.score is not None:
            event["stands"] = shown(now.score)
        self._journal.add([event])
        self.summary.outcomes[row.user] = outcome
        self.summary.reasons[row.user] = why
        self._progress()

    def _ask(self, question: Callable[[], T]) -> T:
        return self._pace.patiently(question, again_when_unsure=True)


def _writing(row: PlannedRow, write: Write, rows: int) -> dict[str, Any]:
    event = {"event": "writing", "user": row.user, "file": row.file, "before": _points(write.now.score),
             "score": _points(write.score), "mark": mark_of(row.comment), "stamp": write.stamp,
             "rows": rows if rows > 1 else 0}  # fmt: skip
    return {name: value for name, value in event.items() if value}


def _change(before: Standing, now: Standing) -> str:
    if now.obstacle and now.obstacle != before.obstacle:
        return f"since the plan: {now.obstacle}"
    if now.score != before.score:
        return f"changed since the plan: {_points(before.score) or 'no score'} → {_points(now.score) or 'no score'}"
    return "handed in again since the plan"


def _silent(now: Standing | None) -> str:
    if now is None:
        return "the LMS said yes, but does not know this student any more"
    return "the LMS said yes and wrote nothing" + (f": {now.obstacle}" if now.obstacle else "")


def _points(score: Decimal | None) -> str:
    return "" if score is None else shown(score)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
