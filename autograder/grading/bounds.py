"""Bounds for the grader itself: a submission that takes it too long, or too much memory, is given up."""

from __future__ import annotations

import contextlib
import signal
import threading
from pathlib import Path
from types import FrameType, TracebackType

GRACE_SECONDS = 60.0  # for reading, judging and writing, beside what the submission's own code may take
RINGS_AGAIN = 10.0  # seconds; an exception out of a signal can get lost
MEMORY_BYTES = 4 << 30  # that a worker may take beside what it starts with


class TookTooLong(BaseException):
    """The clock has rung; nothing that catches ordinary exceptions catches it."""


class Clock:
    """Raises `TookTooLong` in what it surrounds after so many seconds; outside a process's main thread it never does.

    `rang` says so, too: what was interrupted may turn the exception into one of its own.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.rang = False

    def _ring(self, _signal: int, _frame: FrameType | None) -> None:
        self.rang = True
        raise TookTooLong

    def __enter__(self) -> Clock:
        self._runs = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        if self._runs:
            self._before = signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, self._seconds, RINGS_AGAIN)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._runs:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)


def limit_memory() -> None:
    """Bound this process's memory, so that a `MemoryError` comes before the machine's memory is used up.

    The hard limit stays: a student process may be allowed more.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
