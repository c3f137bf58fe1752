"""A student in a process of its own, behind walls."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import time
from collections.abc import Sequence
from typing import Any

from autograder.student import beside
from autograder.student.answers import Answer, Calls, Failed, Reason, Replacements
from autograder.student.beside import Malformed
from autograder.student.host import StudentHost
from autograder.student.wire import answers_in, question_body, stand_in_answer, words

PIECE = 100_000  # bytes of the cells that travel in one packet
SILENCE_SECONDS = 0.05  # cells that follow each other faster are not announced one by one
MAX_STRAY_PACKETS = 10_000
MAX_RESTARTS = 4
SHARE_OF_CELLS = 2 / 3  # of the submission's time; the rest is for the questions
MAX_REPEATED_SECONDS = 1.0  # cells that take longer are not run a second time for a clean state
SLACK_SECONDS = 1.0  # how much longer than its own clock the grader waits before it kills the process


class WalledStudent:
    """Runs a submission's cells in a process without power and asks it; never believes it.

    Questions asked in turn are answered by that very process, those asked alone by forks of it. If it is no longer as
    the cells left it when a question is to be asked alone, it is started again from the cells.

    If the process leaves or hangs so that only killing it helps, it is started again, too, for the next question; a
    cell that took the whole process along is left out then.
    """

    def __init__(self, host: StudentHost, cells: Sequence[str]) -> None:
        self._host = host
        self._cells = list(cells)
        self._until = time.monotonic() + host.limits.submission_seconds
        self._starts = 0
        self._started_cell = 0
        self._left_out: list[str] = []
        self._why = ""
        self._channel: socket.socket | None = None
        self._ended = False  # whether what answered last is gone
        self._used = False  # whether the process itself, not a fork of it, was asked
        self._frail = False  # whether a call has ended it: from then on only forks are asked, which cost no new start
        self._cell_seconds = 0.0
        self.cell_errors: list[str] = []
        self._ready()

    def close(self) -> int:
        """Kill the process and all it left; the signal that ended it, 0 for none."""
        if self._channel is None:
            return 0
        self._channel.close()
        self._channel = None
        self._ended = True
        self._used = False
        return self._host.close()

    def __enter__(self) -> WalledStudent:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def ask(self, calls: Calls, replaced: Replacements | None = None) -> Sequence[Answer]:
        """Call the function in a fork of its own; see `Student`."""
        if self._used:
            self.close()
            self._starts -= 1  # this start is no fault of the submission
        if not self._ready():
            return [self._refusal()]
        return self._ask(calls, replaced or {}, fork=True, more=False)

    def ask_in_turn(self, questions: Sequence[tuple[Calls, Replacements | None]]) -> list[Sequence[Answer]]:
        """Ask one after the other; see `Student`.

        In a fork after cells that took long, which are not run again, and once a call has ended the process.
        """
        if not self._ready():
            return [[self._refusal()]]
        fork = self._frail or self._cell_seconds > MAX_REPEATED_SECONDS
        self._used = self._used or not fork
        found = []
        for number, (calls, replaced) in enumerate(questions, start=1):
            found.append(self._ask(calls, replaced or {}, fork=fork, more=number < len(questions)))
            if self._ended:
                break
        return found

    def _spent(self) -> float:
        return self._host.limits.submission_seconds - (self._until - time.monotonic())

    def _refusal(self) -> Failed:
        return Failed("too slow" if time.monotonic() >= self._until else "left", self._why)

    def _ask(self, calls: Calls, replaced: Replacements, *, fork: bool, more: bool) -> Sequence[Answer]:
        """Ask the process itself or a `fork`, which stays for the next question with `more`."""
        self._ended = False
        seconds = self._host.limits.call_seconds
        deadline = min(time.monotonic() + seconds * len(calls.arguments) + SLACK_SECONDS, self._until)
        form, numbers = question_body(calls)
        question = {
            "id": secrets.token_hex(8),
            "function": calls.function,
            "form": form,
            "replaced": list(replaced),
            "seconds": seconds,
            "report": calls.report_arguments,
            "fork": fork,
            "more": more,
        }
        try:
            self._send(beside.pack(question, [numbers]))
            return self._collect(question, calls, replaced, deadline)
        except TimeoutError:
            self._frail = True
            self.close()
            return [Failed("too slow", f"`{calls.function}` {beside.TOO_SLOW}")]
        except (Malformed, OSError):
            self._frail = True
            ended_by = self.close()
            if fork:
                return [Failed("left", f"`{calls.function}` ended or confused its process")]
            return [_ended(calls.function, "too slow" if ended_by == signal.SIGALRM else "left")]

    def _collect(
        self, question: dict[str, Any], calls: Calls, replaced: Replacements, deadline: float
    ) -> Sequence[Answer]:
        answers: Sequence[Answer] = ()
        counts = tuple(map(len, calls.arguments))
        for _ in range(MAX_STRAY_PACKETS):
            message, data = self._receive(deadline)
            if "end" in message:
                self._ended = True
                return answers if answers != () else [_ended(calls.function, message["end"])]
            if message.get("id") != question["id"]:
                continue  # sent by nobody that we asked
            function = message.get("function")
            if function is None:
                answers = answers_in(message, data, counts, calls.report_arguments)
                if question["more"] or not question["fork"]:
                    return answers
            elif isinstance(function, str) and function in replaced:
                self._send(stand_in_answer(replaced[function], message, data))
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
                if self._starts > 1:  # every cell was announced
                    self._leave_out(
                        self._started_cell, "took too long" if isinstance(error, TimeoutError) else "ended its process"
                    )
        return True

    def _run_cells(self) -> None:
        start = time.monotonic()
        self._started_cell = 0
        errors: list[str] = []
        limits = self._host.limits
        text = json.dumps(self._cells).encode("ascii")
        identity = secrets.token_hex(8)
        order = {
            "id": identity,
            "bytes": len(text),
            "seconds": limits.cell_seconds,
            "all_seconds": max(0.0, SHARE_OF_CELLS * limits.submission_seconds - self._spent()),
            "silence": SILENCE_SECONDS if self._starts == 1 else 0.0,  # once it went wrong we want to know where
        }
        self._send(beside.pack(order, [text[:PIECE]]))
        for sent in range(PIECE, len(text), PIECE):
            self._send(beside.pack({}, [text[sent : sent + PIECE]]))
        deadline = min(time.monotonic() + limits.cell_seconds + SLACK_SECONDS, self._until)
        for _ in range(MAX_STRAY_PACKETS):
            message, _data = self._receive(deadline)
            if message.get("id") != identity:
                continue
            if "end" in message:
                self.cell_errors = [*self._left_out, *errors]
                self._cell_seconds = time.monotonic() - start
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


def _ended(function: str, end: Any) -> Failed:
    reason: Reason = "too slow" if end == "too slow" else "left"
    return Failed(reason, f"`{function}` {beside.TOO_SLOW if reason == 'too slow' else 'ended its process'}")
