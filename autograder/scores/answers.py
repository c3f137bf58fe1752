"""What an LMS's answer to a request means, as far as it goes on: one exception for each way."""

from __future__ import annotations


class LmsError(Exception):
    """The LMS did not do what was asked; the message is one line without secrets."""


class Refused(LmsError):
    """A definite no: nothing was written for this row, and asking again would not help."""


class Busy(LmsError):
    """Throttled: nothing was done; ask again after `seconds`, if the LMS named them."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unreachable(Busy):
    """No connection came about; `first`: nor did any before, so that the address may be wrong."""

    def __init__(self, lms: str, host: str, cause: BaseException, *, first: bool) -> None:
        super().__init__(f"{lms} cannot be reached ({host}: {_system_words(cause)})")
        self.first = first


class Unsure(LmsError):
    """The answer does not tell whether something was written: cut off, late, no JSON, a server's error."""


class AtWork(Unsure):
    """The LMS took it and may carry it out later: sending it again could do it twice."""


class TooMany(LmsError):
    """More in one request than the LMS takes; nothing was written."""


class Changed(LmsError):
    """What stands there changed while a write waited for its turn; nothing was written."""


class Stopped(LmsError):
    """Nothing will work any more: the token is not accepted, or the LMS cannot be reached."""


def _system_words(error: BaseException) -> str:
    """What the system says of a connection that failed, below the libraries' own words."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return "no connection in time"


def one_line(text: str, limit: int = 200) -> str:
    """The start of a server's words, in one printable line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
