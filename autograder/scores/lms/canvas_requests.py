"""canvasapi's requests, with time limits, without redirects, and with answers told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from canvasapi.exceptions import CanvasException, Forbidden, InvalidAccessToken, RateLimitExceeded, Unauthorized
from canvasapi.requester import Requester
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from autograder.scores.answers import Busy, LmsError, Refused, Stopped, Unreachable, Unsure, one_line
from autograder.scores.credentials import Secret
from autograder.scores.pace import retry_after
from autograder.scores.settings import origin, safe_url

TIMEOUT = (10.0, 60.0)  # seconds: to connect, between two parts of an answer
# Canvas throttles well before its bucket is empty, and the bucket fills by about ten units a second.
LOW, FILLS = 60.0, 10.0


class Missing(Refused):
    """Canvas knows nothing of this address, or does not show it to the token."""


class _Session(requests.Session):
    """No redirects (a login page is no answer), no credentials from ~/.netrc, always a time limit."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        options["allow_redirects"] = False
        options.setdefault("timeout", TIMEOUT)
        return super().request(*arguments, **options)


class CanvasRequester(Requester):  # type: ignore[misc]
    """Sends canvasapi's requests and raises an `LmsError` for whatever is no good answer."""

    def __init__(self, url: str, token: Secret, sleep: Callable[[float], None]) -> None:
        super().__init__(url, token.reveal())
        self._session = _Session()
        self._token, self._sleep = token, sleep
        self._home = origin(url)
        self.count = 0
        self._answered = False

    def request(self, method: str, endpoint: str | None = None, **options: Any) -> requests.Response:
        """See `canvasapi.requester.Requester`."""
        url = options.get("_url")
        upload = options.get("use_auth") is False
        if upload and url:
            try:
                safe_url(url)
            except ValueError as error:
                raise Refused(f"upload address: {error}") from None
        self.count += 1
        self._cache.clear()
        try:
            response: requests.Response = super().request(method, endpoint, **options)
        except (CanvasException, requests.RequestException) as error:
            raise self._meaning(error) from None
        self._answered = True
        if 300 <= response.status_code < 400:
            response = self._followed(response, upload)
        elif not upload:
            self._see_that_it_is_json(response)
            self._slow_down(response)
        return response

    def close(self) -> None:
        """Close connections."""
        self._session.close()

    def _followed(self, response: requests.Response, upload: bool) -> requests.Response:
        """An upload may end in a redirect to where its file is confirmed; anything else must not redirect."""
        target = urljoin(response.url or "", response.headers.get("Location", ""))
        if not upload or origin(target) != self._home:
            raise Stopped(self._said(f"it answers with a redirect to {target}: is the url right?"))
        self.count += 1
        try:
            return self._session.get(target, headers={"Authorization": f"Bearer {self._token.reveal()}"})
        except requests.RequestException as error:
            raise self._meaning(error) from None

    def _see_that_it_is_json(self, response: requests.Response) -> None:
        try:
            response.json()
        except ValueError:
            raise Unsure(self._said(f"no JSON came: {response.text or 'an empty answer'}")) from None

    def _slow_down(self, response: requests.Response) -> None:
        try:
            left = float(response.headers.get("X-Rate-Limit-Remaining", ""))
        except ValueError:
            return
        if left < LOW:
            self._sleep((LOW - left) / FILLS)

    def _meaning(self, error: Exception) -> LmsError:
        if isinstance(error, requests.RequestException):
            return self._lost(error)
        self._answered = True
        response: requests.Response | None = self._cache[0] if self._cache else None
        status = response.status_code if response is not None else 0
        text = response.text if response is not None else str(error)
        throttled = isinstance(error, Forbidden) and "rate limit" in text.casefold()
        if isinstance(error, RateLimitExceeded) or throttled:
            header = response.headers.get("Retry-After") if response is not None else None
            return Busy(f"Canvas throttles ({status})", retry_after(header))
        if isinstance(error, InvalidAccessToken):
            return Stopped("Canvas does not accept the token (expired, or deleted?); give a new one and go on")
        if isinstance(error, Forbidden | Unauthorized):
            return Refused(self._said(f"not permitted to this token: {text}"))
        if status >= 500:
            return Unsure(self._said(f"Canvas failed ({status}): {text}"))
        kind = Missing if status == 404 else Refused
        return kind(self._said(f"Canvas refused ({status}): {text}"))

    def _lost(self, error: requests.RequestException) -> LmsError:
        if isinstance(error, requests.exceptions.SSLError):
            return Stopped(self._said(f"no safe connection to Canvas: {error}"))
        if isinstance(error, requests.exceptions.JSONDecodeError):
            return Stopped(self._said("Canvas does not accept the token, and answers without JSON"))
        cause = error.args[0] if error.args else None
        reason = cause.reason if isinstance(cause, MaxRetryError) else cause
        if isinstance(reason, NewConnectionError | ConnectTimeoutError):
            host = urlsplit(error.request.url or "").netloc if error.request is not None else self._home[1]
            return Unreachable("Canvas", str(host), reason, first=not self._answered)
        return Unsure(self._said(f"the answer got lost ({type(error).__name__})"))

    def _said(self, text: str) -> str:
        return one_line(self._token.hide(text))
