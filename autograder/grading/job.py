"""How a class is to be graded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MAX_ATTEMPTS = 2  # at one submission, where the processes that grade it end


@dataclass(frozen=True)
class Job:
    """What is graded, where results go, and who does it.

    Parameters
    ----------
    unsafe : whether submissions run in the grader's own process, without walls
    workers : how many processes on this machine; 0: one a core
    scheduler : address of a Dask scheduler whose workers grade instead of this machine
    """

    assignment: str
    out: Path
    unsafe: bool = False
    workers: int = 0
    scheduler: str = ""

    def count(self, submissions: int) -> int:
        """How many workers to start."""
        return max(1, min(self.workers or os.cpu_count() or 1, submissions))
