"""Compares what came back with what is due, and says so in words: exact, close, or off and by how much."""

import _thread
import html
import itertools
import threading
from typing import NamedTuple

import numpy as np

MARKS = {"exact": "✓", "close": "≈", "off": "✗", "not attempted": "·", "waits": "…"}
COLOURS = {"exact": "#009E73", "close": "#56B4E9", "off": "#D55E00", "not attempted": "#888888", "waits": "#888888"}


class Line(NamedTuple):
    """How one value fares: its name, a status (a key of `MARKS`), what there is to say, and whether numbers were compared."""

    value: str
    status: str
    words: str = ""
    compared: bool = False


class Report:
    """What the public check of one question says; shows itself in a notebook."""

    def __init__(self, question, function, lines):
        self.question, self.function, self.lines = question, function, lines
        self.begin_with = None  # the earlier question that this one builds on and that does not pass, if any

    @property
    def passed(self):
        """Are all values exact or close?"""
        return all(line.status in {"exact", "close"} for line in self.lines)

    @property
    def attempted(self):
        """Is anything there to be checked?"""
        return any(line.status != "not attempted" for line in self.lines)

    @property
    def own_cause(self):
        """Is a value off for another reason than its number, which may follow from an earlier question's?"""
        return any(line.status == "off" and not line.compared for line in self.lines)

    def __repr__(self):
        return "\n".join([self._title(), *(f"  {MARKS[status]} {row}" for status, row in self._rows()), self._end()])

    def _repr_html_(self):
        rows = [
            f'  <b style="color: {COLOURS[status]}">{MARKS[status]}</b> {html.escape(row)}'
            for status, row in self._rows()
        ]
        return (
            "\n".join(
                [
                    "<pre style='white-space: pre-wrap'><b>" + f"{html.escape(self._title())}</b>",
                    *rows,
                    html.escape(self._end()),
                ]
            )
            + "</pre>"
        )

    def _rows(self):
        """(status, text) a row; values of which the same is to be said share one."""
        width = max([16, *(len(line.value) for line in self.lines)])
        for (status, words), lines in itertools.groupby(self.lines, key=lambda line: (line.status, line.words)):
            values = [line.value for line in lines]
            if not words:
                yield from ((status, f"{value:<{width}} {status}") for value in values)
            elif len(values) == 1:
                yield status, f"{values[0]:<{width}} {status}: {words}"
            else:
                yield status, f"{', '.join(values)}\n      {status}: {words}"

    def _title(self):
        return f"{self.question}: {self.function}"

    def _end(self):
        if self.passed:
            return "Public check passed. Grading asks with other numbers, too."
        if not self.attempted:
            return f'Not attempted yet. Where to begin: hint("{self.question}")'
        if self.begin_with:
            return f"This builds on {self.begin_with}, which does not pass yet: begin there."
        mark = next(MARKS[line.status] for line in self.lines if line.status not in {"exact", "close"})
        return f'Begin with the first {mark}. Stuck? hint("{self.question}")'


def same_line(expected, status, words):
    """The same line for each expected value."""
    lines = []
    for name, value in expected.items():
        lines += same_line(value, status, words) if isinstance(value, dict) else [Line(name, status, words)]
    return lines


def compare(answer, expected):
    """A line for each expected value of an answer."""
    if len(expected) == 1:
        ((name, value),) = expected.items()
        return [Line(name, *_verdict(answer, value))]
    if answer is None:
        return same_line(expected, "off", "None came back, did you forget a `return`?")
    if answer is Ellipsis:
        return same_line(expected, "not attempted", "")
    due = f"{len(expected)} values ({', '.join(expected)}) are due"
    if not isinstance(answer, (tuple, list)):
        return same_line(expected, "off", f"{kind(answer)} came back where {due}")
    if len(answer) != len(expected):
        return same_line(
            expected, "off", f"{len(answer)} {'value' if len(answer) == 1 else 'values'} came back where {due}"
        )
    lines = []
    for part, (name, value) in zip(answer, expected.items()):
        lines += compare(part, value) if isinstance(value, dict) else [Line(name, *_verdict(part, value))]
    return lines


def _verdict(answer, expected):
    """Status and words for one value: exact, close, or off and by how much; and True where numbers were compared."""
    if _has_dots(answer):
        return "not attempted", ""
    if answer is None:
        return "off", "None came back, did you forget a `return`?"
    expected = np.asarray(expected, dtype=float)
    due = kind(expected)
    got = numbers(answer)
    if got is None:
        return "off", f"{kind(answer)} came back where {due} is due"
    if got.size != expected.size or (expected.ndim == 2 and got.shape != expected.shape):
        return "off", f"{kind(got)} came back where {due} is due"
    got = got.reshape(expected.shape)
    if not np.all(np.isfinite(got)):
        return "off", f"not finite, yours is {_short(got)}", True
    gaps = np.abs(got - expected)
    near = gaps <= 1e-4 + 1e-3 * np.abs(expected)
    if np.max(gaps) <= 1e-7:
        return "exact", "", True
    words = f"largest difference {np.max(gaps):.1e}, yours is {_short(got)}"
    if np.all(near):
        return "close", words, True
    return "off", f"{np.sum(~near)} of {got.size} entries, {words}" if got.size > 1 else words, True


def _has_dots(answer):
    """Is it, or does it hold, a stub's dots?"""
    if isinstance(answer, np.ndarray):
        answer = list(answer.flat) if answer.dtype.kind == "O" else ()
    return answer is Ellipsis or (isinstance(answer, (tuple, list)) and any(map(_has_dots, answer)))


def numbers(answer):
    """The answer as an array of floats, or None if it is not made of real numbers."""
    try:
        got = np.asarray(answer)
        if got.dtype.kind not in "biufO" or (got.dtype.kind == "O" and any(not _is_real(part) for part in got.flat)):
            return None
        return got.astype(float)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_real(value):
    return not isinstance(value, (str, bytes)) and hasattr(value, "__float__")


def kind(value):
    """What a value is, in words."""
    if isinstance(value, str):
        return "text"
    if callable(value):
        return "a function (are its parentheses missing?)"
    if isinstance(value, (list, tuple)) and numbers(value) is None:
        return f"a {type(value).__name__} of {len(value)} parts that are not all numbers"
    got = numbers(value)
    if got is None:
        return "complex numbers" if np.iscomplexobj(value) else f"something of the type `{type(value).__name__}`"
    if got.ndim == 0:
        return "a number"
    shape = f"shape {got.shape}"
    if got.ndim == 1:
        return f"an array of {got.size} {'number' if got.size == 1 else 'numbers'} ({shape})"
    if got.ndim == 2:
        return f"a table of {got.shape[0]} x {got.shape[1]} numbers ({shape})"
    return f"an array with {got.ndim} dimensions ({shape})"


def _short(array):
    """An array on one line, four decimals."""
    return " ".join(np.array2string(array, precision=4, separator=", ", suppress_small=True, threshold=8).split())


class TooSlow(Exception):
    """A call took too long."""


def limited(seconds, function, *arguments):
    """Call a function, but not for longer than `seconds`; without a limit where Python has no threads (in a browser).

    Raises
    ------
    TooSlow : it was stopped
    """
    rang = threading.Event()

    def ring():
        rang.set()
        _thread.interrupt_main()

    clock = threading.Timer(seconds, ring)
    clock.daemon = True
    try:
        if threading.current_thread() is threading.main_thread():
            clock.start()
    except RuntimeError:
        pass
    try:
        return function(*arguments)
    except KeyboardInterrupt:
        if not rang.is_set():
            raise
        raise TooSlow(f"it was stopped after {seconds:g} seconds; is there a loop that never ends?") from None
    finally:
        clock.cancel()
