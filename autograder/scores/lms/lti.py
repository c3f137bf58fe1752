"""Any LTI 1.3 platform: scores by Assignment and Grade Services, the roster by Names and Role Provisioning Services."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from autograder.scores.answers import Changed, Refused, Stopped, Unsure
from autograder.scores.comments import joined
from autograder.scores.credentials import secret
from autograder.scores.decimals import of_json
from autograder.scores.lms.http import Http
from autograder.scores.lms.lti_token import LtiToken
from autograder.scores.pace import Pace
from autograder.scores.people import Person
from autograder.scores.settings import LtiSettings, origin
from autograder.scores.target import Column, Standing, Write

VARIABLE = "AUTOGRADER_LTI_KEY"
LINEITEM = "application/vnd.ims.lis.v2.lineitem+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
CANVAS = "https://canvas.instructure.com/lti/submission"
PAGE = 100
CONFLICT_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # seconds: a clock may have been half a minute ahead
MOST_AHEAD = 3.0  # seconds that are waited for, so that no time stamp lies in the future


class LtiTarget:
    """See `autograder.scores.target.Target`."""

    def __init__(self, settings: LtiSettings, pace: Pace) -> None:
        self._ids, self._pace = settings, pace
        key = secret(VARIABLE, settings.host)
        self._http = Http("the platform", key)
        self._token = LtiToken(settings, key, self._http)
        self._maximum = Decimal(0)
        self._members: list[Person] | None = None

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._http.count

    def column(self) -> Column:
        """The line item."""
        data = self._http.json(self._send("GET", self._ids.lineitem, LINEITEM))
        maximum = of_json(data.get("scoreMaximum")) if isinstance(data, dict) else None
        if maximum is None:
            raise Refused("the line item has no scoreMaximum; is `lineitem` the address of one line item?")
        self._maximum = maximum
        released = data.get("gradesReleased")
        return Column(
            title=f"LTI, {data.get('label') or self._ids.lineitem}",
            maximum=maximum,
            visibility="unknown" if released is None else "at once" if released else "when released",
        )

    def people(self) -> list[Person]:
        """The learners of the course; who is suspended is left out by the platform."""
        members = [m for page in self._pages(_with(self._ids.memberships, limit=PAGE), MEMBERS, dict)
                   for m in page.get("members") or []]  # fmt: skip
        self._members = [_person(m) for m in members if any("Learner" in str(role) for role in m.get("roles") or [])]
        return self._members

    def read_all(self) -> dict[str, Standing]:
        """Every result; a learner without one has no score yet."""
        people = self.people() if self._members is None else self._members
        standings = {person.id: Standing() for person in people}
        for page in self._pages(_with(_below(self._ids.lineitem, "results"), limit=PAGE), RESULTS, list):
            for result in page:
                standings[str(result["userId"])] = self._standing(result)
        return standings

    def read(self, users: Sequence[str]) -> dict[str, Standing]:
        """These learners' results: a request for each."""
        standings = {}
        for user in users:
            url = _with(_below(self._ids.lineitem, "results"), user_id=user)
            found = [r for page in self._pages(url, RESULTS, list) for r in page if str(r["userId"]) == user]
            standings[user] = self._standing(found[0]) if found else Standing()
        return standings

    def _standing(self, result: dict[str, Any]) -> Standing:
        score, of = of_json(result.get("resultScore")), of_json(result.get("resultMaximum"))
        if self._maximum == 0:
            self.column()
        if score is not None and of and of != self._maximum:
            score = score * self._maximum / of
        comment = str(result.get("comment") or "")
        return Standing(score=score, comments=(comment,) if comment else ())

    def stamp(self, after: str) -> str:
        """The platform's time now, or the next second after `after`: it refuses a time of the same second."""
        now = self._now()
        if after:
            earliest = datetime.fromisoformat(after).replace(microsecond=0) + timedelta(seconds=1)
            ahead = (earliest - now).total_seconds()
            if 0 < ahead <= MOST_AHEAD:
                self._pace.sleep(ahead)
            now = max(self._now(), earliest)
        return now.isoformat(timespec="milliseconds")

    def _now(self) -> datetime:
        """Now, by the platform's clock as its answers tell it."""
        return datetime.fromtimestamp(time.time() + self._http.clock_offset, timezone.utc)

    def write(self, rows: Sequence[Write]) -> str:
        """One score: AGS has no way to send several."""
        for row in rows:
            self._write(row)
        return ""

    def finish(self, job: str) -> None:
        """A platform keeps a score before it answers."""

    def _write(self, row: Write) -> None:
        score = row.now.score if row.score is None else row.score
        existing = (row.now.comments or ("",))[0]
        # A score without a comment erases the earlier one; scoreMaximum other than the line item's spoils the column.
        body: dict[str, Any] = {
            "userId": row.user,
            "scoreGiven": None if score is None else float(score),
            "scoreMaximum": float(self._maximum),
            "comment": joined(existing, row.comment) if row.comment else existing,
            "timestamp": row.stamp,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
        if "/api/lti/courses/" in self._ids.lineitem:  # Canvas, where a score would use up an attempt
            body[CANVAS] = {"new_submission": False}
        url = _below(self._ids.lineitem, "scores")
        for wait in (*CONFLICT_WAITS, None):
            response = self._send("POST", url, SCORE, body)
            if response.status_code != 409:
                break
            if wait is not None:
                self._pace.sleep(wait)
                if self.read([row.user])[row.user] != row.now:  # the later time is a new score's
                    raise Changed("a later score came in between")
                body["timestamp"] = self.stamp(body["timestamp"])
        if response.status_code == 409:
            raise Refused("the platform holds a score of a later time (a clock was ahead?); try again later")
        self._http.refuse(response)

    def _send(self, method: str, url: str, media: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Send with a token; once more with a new one where the platform does not take it any more."""
        for attempt in (1, 2):
            headers = {"Authorization": f"Bearer {self._token.value()}"}
            headers["Content-Type" if body else "Accept"] = media
            options = {"json": body} if body else {}
            response = self._http.send(method, url, headers=headers, **options)
            if response.status_code != 401:
                break
            self._token.forget()
            if attempt == 2:
                raise Stopped(self._http.said(f"the platform does not accept its own token: {response.text}"))
        if method == "GET":
            self._http.refuse(response)
        return response

    def _pages(self, url: str, media: str, kind: type) -> list[Any]:
        pages = []
        seen = set()
        while url and url not in seen:
            seen.add(url)
            response = self._send("GET", url, media)
            page = self._http.json(response)
            if not isinstance(page, kind):
                raise Unsure("the platform answers with something else than was asked for")
            pages.append(page)
            following = response.links.get("next", {}).get("url", "")
            if following and origin(following) != origin(url):
                raise Unsure("the next page lies on another server, where the token does not belong")
            url = following
        return pages

    def release(self) -> None:
        """AGS cannot."""
        raise Refused(
            "scores are written; the platform shows them to students in its own gradebook: release them there"
        )

    def close(self) -> None:
        """Close connections."""
        self._http.close()


def _below(url: str, name: str) -> str:
    """`name` added to the path, before a query string."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path}/{name}"))


def _with(url: str, **parameters: Any) -> str:
    """`parameters` added to the query string."""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *parameters.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _person(member: dict[str, Any]) -> Person:
    texts = (member.get(name) or "" for name in ("lis_person_sourcedid", "ext_user_username", "email", "name"))
    number, login, email, name = (str(text) for text in texts)
    active = str(member.get("status") or "Active") == "Active"
    return Person(str(member["user_id"]), number, login, email, name, active=active)
