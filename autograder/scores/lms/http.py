"""HTTP with httpx for the LMSs without a library of their own: what an answer means, before anyone reads it."""

from __future__ import annotations

import json
import ssl
import time
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from autograder.scores.answers import Busy, Refused, Stopped, Unreachable, Unsure, one_line
from autograder.scores.credentials import Secret
from autograder.scores.pace import retry_after

TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # seconds: between two parts of an answer, to connect
THROTTLE_WORDS = ("rate limit", "too many requests", "throttl")


@cache
def _certificates() -> ssl.SSLContext:
    """httpx's own checks; loading the authorities takes a tenth of a second, so once is enough."""
    return httpx.create_ssl_context()


class Http:
    """Sends requests to one LMS, without redirects, certificates checked; `count` says how many.

    Parameters
    ----------
    name : of the LMS, for messages
    secret : hidden in every message, like all of `secrets`

    `clock_offset` is how many seconds the LMS's clock is ahead of ours, 0 below two seconds.
    """

    def __init__(self, name: str, secret: Secret) -> None:
        self._name, self.secrets = name, [secret]
        self.clock_offset = 0.0
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, verify=_certificates())
        self.count = 0
        self._answered = False

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send a request; an answer that comes back has a status below 500 and is no redirect and no throttling.

        Raises
        ------
        Busy : throttled
        Unreachable : no connection
        Unsure : the answer got lost, or the server failed
        Stopped : no safe connection, or a redirect
        """
        self.count += 1
        try:
            response = self._client.request(method, url, **options)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if isinstance(error.__cause__ and error.__cause__.__cause__, ssl.SSLError) or "CERTIFICATE" in str(error):
                raise Stopped(self.said(f"no safe connection to {self._name}: {error}")) from None
            raise Unreachable(self._name, urlsplit(url).netloc, error, first=not self._answered) from None
        except (httpx.RequestError, httpx.StreamError) as error:
            raise Unsure(self.said(f"the answer got lost ({type(error).__name__})")) from None
        self._answered = True
        self._read_clock(response)
        status, text = response.status_code, response.text
        if status == 429 or (status in {403, 503} and self._throttles(response)):
            raise Busy(f"{self._name} throttles ({status})", retry_after(response.headers.get("Retry-After")))
        if status >= 500:
            raise Unsure(self.said(f"{self._name} failed ({status}): {text}"))
        if 300 <= status < 400:
            target = response.headers.get("Location", "")
            raise Stopped(self.said(f"{self._name} answers with a redirect to {target}: is the address right?"))
        return response

    def json(self, response: httpx.Response) -> Any:
        """The answer's JSON, numbers as they are written.

        Raises
        ------
        Unsure : it is none
        """
        try:
            return json.loads(response.text, parse_float=Decimal)
        except ValueError:
            raise Unsure(self.said(f"no JSON came: {response.text or 'an empty answer'}")) from None

    def refuse(self, response: httpx.Response) -> None:
        """Raise what a status of 400 or more means that has no other meaning."""
        if response.status_code >= 400:
            raise Refused(self.said(f"{self._name} refused ({response.status_code}): {response.text}"))

    def said(self, text: str) -> str:
        """A server's words in one line, without the secret."""
        for secret in self.secrets:
            text = secret.hide(text)
        return one_line(text)

    def _read_clock(self, response: httpx.Response) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
        except (ValueError, TypeError):
            return
        offset = theirs - time.time()
        self.clock_offset = offset if abs(offset) >= 2 else 0.0

    def _throttles(self, response: httpx.Response) -> bool:
        return "Retry-After" in response.headers or any(w in response.text.casefold() for w in THROTTLE_WORDS)
