"""A student in the same process: for one's own notebooks, for tests, and where no wall is to be had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.student import beside
from autograder.student.answers import Answer, Calls, Failed, Replacements
from autograder.student.wire import answers_in


class InProcessStudent:
    """Runs a submission's cells in this very process and answers calls from them.

    There is no wall here: the student's code can do whatever this process can, and what one question changes the
    next one sees.

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
            error = beside.run_cell(source, self.namespace, number, cell_seconds)
            if error is not None:
                self.cell_errors.append(f"cell {number}: {error}")

    def ask_in_turn(self, questions: Sequence[tuple[Calls, Replacements | None]]) -> list[Sequence[Answer]]:
        """Ask one after the other; see `Student`."""
        return [self.ask(calls, replaced) for calls, replaced in questions]

    def ask(self, calls: Calls, replaced: Replacements | None = None) -> list[Answer]:
        """Call the function; see `Student`."""
        answers: list[Answer] = []
        give_back = beside.replace_functions(self.namespace, calls.function, replaced or {})
        try:
            for arguments in calls.arguments:
                answers.append(self._call(calls.function, arguments, calls.report_arguments))
                if isinstance(answers[-1], Failed):
                    break
        finally:
            give_back()
        return answers

    def _call(self, function: str, arguments: Sequence[Any], report: bool) -> Answer:
        copies = tuple(np.array(a) if isinstance(a, np.ndarray) else a for a in arguments)
        values = beside.Values()
        try:
            with beside.Quiet(), np.errstate(all="ignore"), beside.TimeLimit(self._call_seconds):
                answer = beside.call(self.namespace, function, copies, values, report)
        except beside.TooSlow:  # the alarm rang between student code and our own
            answer = ("too slow", f"`{function}` {beside.TOO_SLOW}")
        returned = isinstance(answer, str)
        message = {
            "form": answer if returned else "",
            "words": [list(entry) for entry in values.words],
            "failed": None if returned else list(answer),
        }
        numbers = memoryview(b"".join(values.numbers) if returned else b"")
        return answers_in(message, numbers, (len(copies),), report)[0]
