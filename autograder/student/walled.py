"""A student in a process of its own, behind walls."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Sequence
from typing import Any

from autograder.student import beside
from autograder.student.answers import Answer, Failed, Reason, Replacements, Returned
from autograder.student.beside import Malformed
from autograder.student.host import StudentHost
from autograder.student.wire import Decoder, question, stand_in_answer, words

PIECE = 100_000  # bytes of a cell that travel in one packet
MAX_STRAY_PACKETS = 10_000
MAX_RESTARTS = 3
SLACK_SECONDS = 1.0  # how much longer than its own clock the grader waits before it kills the process


class WalledStudent:
    """Runs a submission's cells in a process without power and asks it; never believes it.

    If the process leaves or hangs so that only killing it helps, it is started again from the cells for the next
    question; a cell that took the whole process along is left out then.
    """

    def __init__(self, host: StudentHost, cells: Sequence[str], *, inert_modules: Sequence[str] = ()) -> None:
        self._host = host
        self._cells = list(cells)
        self._inert = list(inert_modules)
        self._until = time.monotonic() + host.limits.submission_seconds
        self._starts = 0
        self._started_cell = 0
        self._left_out: list[str] = []
        self._why = ""
        self._channel: socket.socket | None = None
        self.cell_errors: list[str] = []
        self._ready()

    def close(self) -> None:
        """Kill the process and all it left."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self._host.close()

    def __enter__(self) -> WalledStudent:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def ask(self, function: str, cases: Sequence[Sequence[Any]], replaced: Replacements | None = None) -> list[Answer]:
        """Call `function` for each case; see `Student`."""
        if not self._ready():
            return [Failed("too slow" if time.monotonic() >= self._until else "left", self._why)]
        seconds = self._host.limits.call_seconds
        identity = secrets.token_hex(8)
        deadline = min(time.monotonic() + seconds * len(cases) + SLACK_SECONDS, self._until)
        try:
            self._send(question(identity, function, cases, list(replaced or ()), seconds))
            return self._collect(identity, function, cases, replaced or {}, deadline)
        except TimeoutError:
            self.close()
            return [Failed("too slow", f"`{function}` {beside.TOO_SLOW}")]
        except (Malformed, OSError):
            self.close()
            return [Failed("left", f"`{function}` ended or confused its process")]

    def _collect(
        self, identity: str, function: str, cases: Sequence[Sequence[Any]], replaced: Replacements, deadline: float
    ) -> list[Answer]:
        answers: list[Answer] = []
        count = len(cases)
        for _ in range(MAX_STRAY_PACKETS):
            message, data = self._receive(deadline)
            if "end" in message:
                complete = len(answers) == count or (answers and isinstance(answers[-1], Failed))
                return answers if complete else [_ended(function, message["end"])]
            if message.get("id") != identity:
                continue  # sent by nobody that we asked
            if "answers" in message:
                if not isinstance(message["answers"], list) or len(message["answers"]) > count:
                    raise Malformed("more answers than questions")
                decoder = Decoder(data)
                answers = [decoder.answer(answer) for answer in message["answers"]]
                for answer, case in zip(answers, cases, strict=False):
                    if isinstance(answer, Returned) and len(answer.arguments) != len(case):
                        raise Malformed("other arguments than were sent")
            elif message.get("function") in replaced:
                self._send(stand_in_answer(replaced[message["function"]], message, data))
        raise Malformed("too many packets")

    def _ready(self) -> bool:
        """Have a process in which the cells ran; start one if there is none."""
        while self._channel is None:
            if time.monotonic() >= self._until:
                self._why = "the submission used up all its time"
                return False
            if self._starts > MAX_RESTARTS:
                self._why = "the submission ended its process again and again"
                return False
            self._starts += 1
            self._channel = self._host.open()
            try:
                self._run_cells()
            except (Malformed, OSError) as error:
                self.close()
                self._leave_out(
                    self._started_cell, "took too long" if isinstance(error, TimeoutError) else "ended its process"
                )
        return True

    def _run_cells(self) -> None:
        self._started_cell = 0
        errors: list[str] = []
        limits = self._host.limits
        pieces = [[cell[i : i + PIECE] for i in range(0, len(cell), PIECE)] for cell in map(_clean, self._cells)]
        identity = secrets.token_hex(8)
        order = {
            "id": identity,
            "cells": sum(map(len, pieces)),
            "pieces": [len(cell) for cell in pieces],
            "inert": self._inert,
            "seconds": limits.cell_seconds,
        }
        self._send(beside.pack(order))
        for piece in (piece for cell in pieces for piece in cell):
            self._send(beside.pack({}, [piece.encode()]))
        deadline = min(time.monotonic() + limits.cell_seconds + SLACK_SECONDS, self._until)
        for _ in range(MAX_STRAY_PACKETS):
            message, _data = self._receive(deadline)
            if message.get("id") != identity:
                continue
            if "end" in message:
                self.cell_errors = [*self._left_out, *errors]
                return
            number = message.get("cell")
            if not isinstance(number, int) or not self._started_cell <= number <= len(self._cells):
                raise Malformed("no such cell")
            if "error" in message:
                errors.append(f"cell {number}: {words(message['error'])}")
            else:
                self._started_cell = number
                deadline = min(time.monotonic() + limits.cell_seconds + SLACK_SECONDS, self._until)
        raise Malformed("too many packets")

    def _leave_out(self, number: int, why: str) -> None:
        if number:
            self._cells[number - 1] = ""
            self._left_out.append(f"cell {number}: {why}; it was left out")
            self.cell_errors = list(self._left_out)

    def _send(self, packet: bytes) -> None:
        assert self._channel is not None
        if len(packet) > beside.MAX_PACKET:
            raise Malformed("too large a packet")
        self._channel.settimeout(max(0.05, self._until - time.monotonic()))
        self._channel.send(packet)

    def _receive(self, deadline: float) -> tuple[dict[str, Any], memoryview]:
        """The next packet.

        Raises
        ------
        TimeoutError : none came in time
        Malformed : the process is gone, or what came is no packet
        """
        assert self._channel is not None
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(left)
        packet = self._channel.recv(beside.MAX_PACKET)
        if not packet:
            raise Malformed("the process is gone")
        return beside.unpack(packet)


def _clean(cell: str) -> str:
    """A cell's source as text that can travel: lone surrogates cannot."""
    return cell.encode("utf-8", "replace").decode("utf-8")


def _ended(function: str, end: Any) -> Failed:
    reason: Reason = "too slow" if end == "too slow" else "left"
    return Failed(reason, f"`{function}` {beside.TOO_SLOW if reason == 'too slow' else 'ended its process'}")
