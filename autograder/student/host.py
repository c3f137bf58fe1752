"""Starts the process that student processes are forked from, and opens and closes them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from autograder.errors import UserError
from autograder.student import beside
from autograder.student.walls import Limits, Walls, plan

START_SECONDS = 30.0
STARTS = 3  # for a host that somebody kills while it starts
ENDS_SECONDS = 0.5
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "LD_BIND_NOW": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class HostEnded(Exception):
    """The host is gone, killed from outside; a new one must be started, and what it was doing done again."""


class StudentHost:
    """A process with NumPy loaded; each `open` forks a walled-in student process from it. One at a time."""

    def __init__(
        self,
        walls: Walls,
        limits: Limits,
        *,
        inert_modules: Sequence[str] = (),
        without: frozenset[str] = frozenset(),
    ) -> None:
        self.limits = limits
        self._scratch = tempfile.TemporaryDirectory(prefix="autograder-student-", ignore_cleanup_errors=True)
        os.chmod(self._scratch.name, 0o755)  # noqa: PTH101
        self._plan: dict[str, Any] = plan(walls, limits, self._scratch.name, without=without)
        self._plan["inert"] = list(inert_modules)
        self._start()

    def _start(self) -> None:
        for _ in range(STARTS):
            complaint = self._started()
            if complaint is None:
                return
            if complaint:
                break
        raise UserError(f"the student process could not be walled in: {complaint or 'it ended'}")

    def _started(self) -> str | None:
        """Start it; what it complained of if that failed, "" if it was killed."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-I", beside.__file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        theirs.close()
        self._control = ours
        ours.settimeout(START_SECONDS)
        try:
            ours.send(beside.pack(self._plan))
            packet = ours.recv(beside.MAX_PACKET)
        except OSError:
            packet = b""
        if packet:
            return None
        self._process.kill()
        _, complaint = self._process.communicate()
        ours.close()
        return complaint.decode(errors="replace").strip().rpartition("\n")[2]

    def open(self) -> socket.socket:
        """Fork a student process; its channel.

        Raises
        ------
        UserError : a wall could not be raised around it
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                socket.send_fds(self._control, [beside.pack({"do": "open"})], [theirs.fileno()])
            except OSError:
                raise HostEnded from None
            self._done()
        ours.settimeout(START_SECONDS)
        packet = ours.recv(beside.MAX_PACKET)
        if not packet:
            ours.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDS_SECONDS)  # killed, it took its student process along
                raise HostEnded
            raise UserError("the student process could not be walled in: it ended")
        message, _ = beside.unpack(packet)
        if message["walls"]:
            ours.close()
            raise UserError(f"the student process could not be walled in: {message['walls']}")
        return ours

    def close(self) -> int:
        """Kill the student process with everything that it started, and empty its folder.

        Returns the signal that ended it: `SIGKILL`, unless it had ended before.
        """
        try:
            self._control.send(beside.pack({"do": "close"}))
        except OSError:
            raise HostEnded from None
        status: int = self._done()["status"]
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def _done(self) -> dict[str, Any]:
        try:
            answer = self._control.recv(beside.MAX_PACKET)
        except OSError:
            raise HostEnded from None
        if not answer:
            raise HostEnded
        return beside.unpack(answer)[0]

    def shut_down(self) -> None:
        """End the host; it takes its student process along."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        with contextlib.suppress(OSError):
            self._scratch.cleanup()

    def __enter__(self) -> StudentHost:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shut_down()
