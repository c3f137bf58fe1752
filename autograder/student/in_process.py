"""A student in the same process: for one's own notebooks, for tests, and where no wall is to be had."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

import numpy as np

from autograder.student import beside
from autograder.student.answers import Answer, Failed, Replacements


class InProcessStudent:
    """Runs a submission's cells in this very process and answers calls from them.

    There is no wall here: the student's code can do whatever this process can.

    Parameters
    ----------
    cells : Python source of each code cell, in order
    inert_modules : top-level modules that are replaced by stand-ins which do nothing
    cell_seconds, call_seconds : wall-clock limits for one cell and for one call; they hold in the main
        thread of a POSIX system, elsewhere nothing interrupts student code
    """

    def __init__(
        self,
        cells: Sequence[str],
        *,
        inert_modules: Sequence[str] = (),
        cell_seconds: float = 10.0,
        call_seconds: float = 2.0,
    ) -> None:
        self._call_seconds = call_seconds
        self.namespace = beside.new_namespace(inert_modules)
        self.cell_errors: list[str] = []
        for number, source in enumerate(cells, start=1):
            try:
                with _time_limit(cell_seconds):
                    error = beside.run_cell(source, self.namespace, number)
            except beside.TooSlow:  # the alarm rang between student code and our own
                error = beside.TOO_SLOW
            if error is not None:
                self.cell_errors.append(f"cell {number}: {error}")

    @classmethod
    def from_namespace(cls, namespace: dict[str, Any], *, call_seconds: float = 2.0) -> InProcessStudent:
        """A student whose functions are already defined in `namespace`."""
        student = cls((), call_seconds=call_seconds)
        student.namespace = namespace
        return student

    def call(self, function: str, *arguments: Any, replaced: Replacements | None = None) -> Answer:
        own_copies = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
        try:
            with beside.replaced_names(self.namespace, replaced or {}), _time_limit(self._call_seconds):
                return beside.call(self.namespace, function, own_copies)
        except beside.TooSlow:  # the alarm rang between student code and our own
            return Failed("too slow", f"`{function}` took too long and was stopped")


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in this thread after `seconds`, and again every half second while student code swallows it."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise beside.TooSlow

    before: Callable[[int, FrameType | None], Any] | int | None = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
