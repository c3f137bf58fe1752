"""A real Dask cluster on the loopback interface: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path


class Cluster:
    """A scheduler and its workers; `workers` are processes that a test may kill."""

    def __init__(self, folder: Path, count: int = 2) -> None:
        self._folder = folder
        self.address = ""
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        for line in self.scheduler.stderr:
            if "Scheduler at:" in line:
                self.address = line.split()[-1]
                break
        assert self.address
        self.workers = [self.add_worker() for _ in range(count)]

    def add_worker(self, **options) -> subprocess.Popen[str]:
        """One more worker, once it has registered."""
        worker = self._start("worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard", **options)
        assert any("Registered to" in line for line in worker.stderr)
        return worker

    def _start(self, kind: str, *arguments: str, **options) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments],
            cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options,
        )  # fmt: skip

    def close(self) -> None:
        """End all of it."""
        for process in [*self.workers, self.scheduler]:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
            process.stderr.close()
