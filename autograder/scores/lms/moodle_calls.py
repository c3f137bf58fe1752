"""Moodle's web services: every error arrives with status 200, and a proxy may answer in HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.scores.answers import Busy, LmsError, Refused, Stopped, TooMany, Unsure
from autograder.scores.credentials import Secret
from autograder.scores.lms.http import Http

TOKEN_CODES = {"invalidtoken", "tokenexpired", "sitemaintenance", "passwordisexpired", "usernotconfirmed"}
PERMISSION_CODES = {"nopermissions", "accessexception", "requireloginerror", "servicenotavailable"}


class MoodleCalls:
    """Calls functions of one Moodle's REST service."""

    def __init__(self, url: str, token: Secret) -> None:
        self._url, self._token = url, token
        self.http = Http("Moodle", token)

    def __call__(self, function: str, **parameters: Any) -> Any:
        """The answer of a web service function.

        Raises
        ------
        LmsError : whatever else came
        """
        data = {"wstoken": self._token.reveal(), "wsfunction": function, "moodlewsrestformat": "json"}
        response = self.http.send("POST", f"{self._url}/webservice/rest/server.php", data={**data, **flat(parameters)})
        answer = self.http.json(response) if "json" in response.headers.get("content-type", "") else None
        if isinstance(answer, dict) and ("exception" in answer or "errorcode" in answer):
            raise self._meaning(function, answer)
        self.http.refuse(response)
        if answer is None and response.text.strip() != "null":
            raise Unsure(self.http.said(f"no JSON came: {response.text or 'an empty answer'}"))
        return answer

    def upload(self, path: Path) -> int:
        """Upload a file to a draft area that nobody sees; the area's item id."""
        data = {"token": self._token.reveal(), "filearea": "draft", "itemid": "0"}
        try:
            files = {"file_1": (path.name, path.read_bytes(), "text/html")}
        except OSError as error:
            raise Refused(f"feedback file: {path}: {error.strerror}") from None
        try:
            response = self.http.send("POST", f"{self._url}/webservice/upload.php", data=data, files=files)
            answer = self.http.json(response)
        except Unsure as unsure:  # nothing shows it yet, so it may be sent again
            raise Busy(f"feedback file: {unsure}") from None
        if isinstance(answer, list) and answer and "itemid" in answer[0]:
            return int(answer[0]["itemid"])
        words = answer.get("error") or answer.get("message") if isinstance(answer, dict) else answer
        raise Refused(self.http.said(f"feedback file not taken: {words}"))

    def _meaning(self, function: str, answer: dict[str, Any]) -> LmsError:
        code, words = str(answer.get("errorcode")), self.http.said(str(answer.get("message") or ""))
        if code in TOKEN_CODES:
            return Stopped(f"Moodle does not accept the token ({code}: {words}); give a new one and go on")
        if code in PERMISSION_CODES:
            return Refused(f"not permitted to this token: {function} ({code}: {words})")
        if code == "invalidparameter" and function == "mod_assign_save_grades":
            return TooMany(f"Moodle refused the request as a whole ({words})")
        return Refused(f"Moodle refused {function} ({code}: {words})")


def flat(value: Any, name: str = "") -> dict[str, str]:
    """Nested values as PHP reads them: {"a": [{"b": 1}]} becomes a[0][b]=1."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    else:
        return {name: str(int(value)) if isinstance(value, bool) else str(value)}
    found: dict[str, str] = {}
    for key, inner in items:
        found |= flat(inner, f"{name}[{key}]" if name else str(key))
    return found
