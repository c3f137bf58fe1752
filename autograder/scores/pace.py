"""How fast to ask, and when to ask again: one request at a time, backing off when the LMS says so."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from autograder.scores.answers import Busy, Stopped, Unreachable, Unsure

T = TypeVar("T")


def _to_stderr(words: str) -> None:
    print(f"autograder: {words}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Pace:
    """Waiting times, in seconds.

    Parameters
    ----------
    first : before the second try, where the LMS names no time; doubled each time
    longest : the longest single wait; an LMS that wants more ends the run
    tries : how often one request is sent at most
    first_tries : the same, as long as the LMS was never reached: maybe its address is wrong
    settle : how long a request whose outcome is unknown may still be at work in the LMS
    settle_many : the same for a request of several rows, for which an LMS may start a job in the background
    stale : after how long a row that waits to be written is read once more
    say : is told, once for each request, that something went wrong and is tried again
    """

    first: float = 1.0
    longest: float = 300.0
    tries: int = 8
    first_tries: int = 3
    settle: float = 5.0
    settle_many: float = 60.0
    stale: float = 5.0
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = _to_stderr

    def patiently(self, ask: Callable[[], T], *, again_when_unsure: bool) -> T:
        """Ask until there is an answer; a request that changes nothing is also repeated when the answer got lost.

        Raises
        ------
        Stopped : it stays busy, or asks to wait longer than `longest`
        """
        wait = self.first
        for attempt in range(1, self.tries + 1):
            try:
                return ask()
            except Unreachable as away:
                most = self.first_tries if away.first else self.tries
                if attempt >= most:
                    later = "is the address right? If so, give" if away.first else "give"
                    raise Stopped(f"{away}, {attempt} times; {later} the same command later") from None
                if attempt == 1:
                    self.say(f"{away}; trying again, {most} times at most")
                pause = wait
            except Busy as busy:
                pause = busy.seconds if busy.seconds is not None else wait * random.uniform(0.75, 1.25)
                if pause > self.longest:
                    raise Stopped(f"{busy}; it asks to wait {pause:.0f} s: give the same command later") from None
                if attempt == self.tries:
                    raise Stopped(f"{busy}, {attempt} times; give the same command later") from None
            except Unsure:
                if not again_when_unsure or attempt == self.tries // 2:
                    raise
                pause = wait
            self.sleep(min(pause, self.longest))
            wait = min(wait * 2, self.longest)
        raise AssertionError("unreachable")


def retry_after(header: str | None) -> float | None:
    """Seconds that a `Retry-After` header names: a number or a date."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
