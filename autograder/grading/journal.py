"""The journal of finished submissions: a killed run goes on where it stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.checking.result import StepResult
from autograder.errors import UserError
from autograder.grading.one import Outcome

try:
    import fcntl
except ImportError:  # Windows: two runs into one folder at once are noticed only by a line of the other's
    fcntl = None  # type: ignore[assignment]

FILE_NAME = "journal.jsonl"


@dataclass(frozen=True)
class Row:
    """What a grades file and a table need of one graded submission.

    Parameters
    ----------
    key : changes when the submission or the rubric changes
    points : earned points by question; None where it could not be graded
    first_slip : the first step without its points, in words
    """

    file: str
    key: str
    status: str
    points: dict[str, float] | None
    first_slip: str

    @classmethod
    def of(cls, outcome: Outcome, key: str) -> Row:
        """The row of an outcome."""
        points = outcome.result.by_question() if outcome.result else None
        return cls(outcome.file, key, outcome.status, points, first_slip(outcome))


def first_slip(outcome: Outcome) -> str:
    """The first step without its points, with the misconception's name where one is known."""
    steps: tuple[StepResult, ...] = outcome.result.steps if outcome.result else ()
    first = next((step for step in steps if step.earned < step.points), None)
    if first is None:
        return "all right" if steps else outcome.status
    if not first.attempted:
        return f"{first.step}: not attempted"
    return f"{first.step}: {first.misconception.partition(': ')[2] or first.misconception or first.words}"


class Journal:
    """One line of JSON for each finished submission, appended as it finishes.

    Only where each line stands is kept in memory. A line that was cut off in the middle is ignored: its submission is
    graded again.

    Raises
    ------
    UserError : another run has this folder's journal
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._lines: dict[str, tuple[int, str]] = {}
        self._stream = self._path.open("a+b")
        self._lock()
        self._read()

    def _lock(self) -> None:
        """Have the journal alone. Forked workers do not inherit a record lock, so it ends with this very process."""
        if fcntl is None:
            return
        try:
            fcntl.lockf(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            self._stream.close()
            raise UserError(f"{self._path.parent}: another run is grading into it") from None
        except OSError:  # a file system without locks
            return

    def _read(self) -> None:
        self._stream.seek(0)
        position = good = 0
        for line in self._stream:
            try:
                data = json.loads(line)
                self._lines[data["file"]] = (position, data["key"])
            except (ValueError, KeyError, TypeError):
                position += len(line)
                continue
            position += len(line)
            good = position
        if good != position:
            self._stream.truncate(good)
        self._stream.seek(0, os.SEEK_END)

    def holds(self, file: str, key: Callable[[], str]) -> bool:
        """Whether `file` is finished, with this key."""
        known = self._lines.get(file)
        return known is not None and known[1] == key()

    def add(self, row: Row) -> None:
        """Append a finished submission; it is on its way to disk when this returns."""
        position = self._stream.seek(0, os.SEEK_END)
        self._stream.write(json.dumps(asdict(row)).encode("ascii") + b"\n")
        self._stream.flush()
        self._lines[row.file] = (position, row.key)

    def rows(self, files: list[str]) -> Iterator[Row]:
        """The rows of `files`, in their order, read one by one.

        Raises
        ------
        UserError : the journal is not what was written: something else wrote into it
        """
        for file in files:
            self._stream.seek(self._lines[file][0])
            try:
                data: dict[str, Any] = json.loads(self._stream.readline())
                row = Row(**data)
            except (ValueError, TypeError):
                row = None
            if row is None or row.file != file:
                raise UserError(f"{self._path}: changed while it was in use; give the same command again")
            yield row

    def close(self) -> None:
        """Make sure that all is on disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
