"""The journal of an upload: a line before and after every write, on disk before anything goes on."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.errors import UserError
from autograder.scores.answers import Stopped

try:
    import fcntl
except ImportError:  # Windows: two uploads of one plan at once are not noticed there
    fcntl = None  # type: ignore[assignment]

FINAL = {"written", "already"}
BEFORE = {"plan", "ended"}  # lines of a run that was refused, or ended, before it came to a row


class Journal:
    """Lines of JSON. A line cut off in the middle is dropped: its write counts as begun, never as finished.

    Parameters
    ----------
    plan : digest of the plan's file; a journal of another plan is refused
    """

    def __init__(self, path: Path, plan: str) -> None:
        self._path = path
        self.lines: list[dict[str, Any]] = []
        self.stamps: dict[str, str] = {}  # the last time stamp sent for each user
        try:
            self._stream = path.open("a+b", buffering=0)
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from None
        self._lock()
        self._read()
        if self.lines and self.lines[0].get("plan") != plan:
            self._give_up_for_another_plan()
        self._note_stamps(self.lines)
        if not self.lines:
            try:
                self.add([{"event": "plan", "plan": plan}])
            except Stopped as error:
                raise UserError(str(error)) from None
            self._sync_folder()

    def _give_up_for_another_plan(self) -> None:
        """Begin anew where nothing of the other plan was begun."""
        if any(line.get("event") not in BEFORE for line in self.lines):
            self._stream.close()
            raise UserError(f"{self._path}: belongs to another plan; was the plan changed after its upload began?")
        self._stream.truncate(0)
        self.lines = []

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._stream.close()
            raise UserError(f"{self._path}: another upload of this plan is running") from None

    def _read(self) -> None:
        self._stream.seek(0)
        good = 0
        for line in self._stream.read().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self._stream.close()
                raise UserError(f"{self._path}: damaged at byte {good}; keep it, and make a new plan") from None
            good += len(line)
        self._stream.truncate(good)
        self._stream.seek(0, os.SEEK_END)

    def _sync_folder(self) -> None:
        with contextlib.suppress(OSError):  # not every system can
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def add(self, events: list[dict[str, Any]]) -> None:
        """Append lines; they are on disk when this returns.

        Raises
        ------
        Stopped : they cannot be written (a full disk?), and without a journal nothing more may be sent
        """
        time = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        stamped = [{"time": time, **event} for event in events]
        end = self._stream.seek(0, os.SEEK_END)
        rest = b"".join(json.dumps(event).encode("ascii") + b"\n" for event in stamped)
        try:
            while rest:
                rest = rest[self._stream.write(rest) :]
            os.fsync(self._stream.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._stream.truncate(end)  # no half line before the next one
            raise Stopped(f"{self._path}: {error.strerror}") from None
        self.lines += stamped
        self._note_stamps(stamped)

    def _note_stamps(self, lines: list[dict[str, Any]]) -> None:
        self.stamps.update({line["user"]: line["stamp"] for line in lines if line.get("stamp")})

    def outcomes(self) -> dict[str, str]:
        """The last word on each user: "writing" where a write began and nothing tells how it ended."""
        return {line["user"]: line["event"] for line in self.lines if "user" in line}

    def open_jobs(self) -> list[str]:
        """Jobs of the LMS whose end is not known, where a row of theirs is not settled."""
        ended = {line["job"] for line in self.lines if line["event"] == "job ended"}
        outcomes = self.outcomes()
        return [line["job"] for line in self.lines if line["event"] == "job" and line["job"] not in ended
                and any(outcomes.get(user) not in FINAL for user in line["users"])]  # fmt: skip

    def began(self) -> set[str]:
        """The users for whom a write was begun in any run, and did not certainly come to nothing."""
        found = set()
        for line in self.lines:
            if line["event"] == "writing":
                found.add(line["user"])
            elif line["event"] == "unsent":
                found.discard(line["user"])
        return found

    def unsettled(self) -> dict[str, tuple[float, int]]:
        """Users for whom a write began, and nothing tells how it ended: how many seconds ago, and with how many rows.

        Without those of a job that is known: its end tells.
        """
        found: dict[str, tuple[float, int]] = {}
        for line in self.lines:
            if line["event"] == "writing":
                found[line["user"]] = _seconds_since(line["time"]), line.get("rows", 1)
            elif line["event"] != "unclear":
                for user in [line.get("user", ""), *line.get("users", ())]:
                    found.pop(user, None)
        return found

    def close(self) -> None:
        """Give the journal back."""
        self._stream.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def has_begun(path: Path) -> bool:
    """Whether the journal at `path` tells of any row. One that cannot be read does: it is not to be lost."""
    try:
        lines = path.read_bytes().splitlines()
        return any(json.loads(line).get("event") not in BEFORE for line in lines)
    except FileNotFoundError:
        return False
    except (OSError, ValueError, AttributeError):
        return True


def _seconds_since(time: str) -> float:
    """0 where a clock was put back, or the line tells no time."""
    try:
        return max(0.0, (datetime.now(timezone.utc) - datetime.fromisoformat(time)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
