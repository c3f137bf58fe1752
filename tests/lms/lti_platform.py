"""An LTI 1.3 platform on loopback: lti1p3platform's own token, AGS and NRPS, which others wrote, over a store of ours.

The store does what the specification and a real Moodle do: it refuses a time stamp that is not later, clamps, and
erases a comment that is left out."""

from __future__ import annotations

import json
import secrets
import time
from datetime import datetime, timezone
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwcrypto.jwk import JWK
from loopback import Answer, Loopback
from loopback import Request as Incoming
from lti1p3platform.exceptions import LineItemNotFoundException, LtiException
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request
from lti1p3platform.response import generate_next_link
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService

CLIENT, KEY_ID = "tool-client", "tool-key"
LINEITEM = "/lti/lineitems/5/lineitem"
MEMBERS = "/lti/memberships/1"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
TEACHER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"


@cache
def keys(owner: str) -> tuple[str, str]:
    """The keys of the tool, or of the platform; made once a test run."""
    return new_key()


def new_key() -> tuple[str, str]:
    """A private key, and its public half, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


class _Configuration(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, keys: tuple[str, str], tool_public: str) -> None:
        jwk = {**json.loads(JWK.from_pem(tool_public.encode()).export_public()), "kid": KEY_ID, "alg": "RS256"}
        self._registration = (
            Registration().set_iss("https://platform.example").set_client_id(CLIENT).set_tool_key_set({"keys": [jwk]})
            .set_platform_private_key(keys[0]).set_platform_public_key(keys[1])
        )  # fmt: skip

    def get_registration_by_params(self, **_: Any) -> Registration:
        return self._registration


class _Request(Request):
    def build_metadata(self, request: Incoming) -> Any:
        query = {name: int(value) if name in {"page", "limit"} else value for name, value in request.query
                 if name != "type_id"}  # fmt: skip  # a part of the line item's own address, as Moodle has it
        body = json.loads(request.body) if "json" in (request.headers.get("Content-Type") or "") else None
        return {"method": request.method, "form_data": dict(request.form), "get_data": query, "json": body,
                "headers": request.headers, "path": request.path,
                "content_type": request.headers.get("Content-Type")}  # fmt: skip


class LtiPlatform(Loopback):
    """State: `members` by user id, `results` by user id; `clock` is ahead of ours by `ahead` seconds."""

    def __init__(self, delay: float = 0.0) -> None:
        super().__init__(delay)
        self.tool_key, tool_public = keys("tool")
        self.configuration = _Configuration(keys=keys("platform"), tool_public=tool_public)
        self.members: dict[str, dict[str, Any]] = {}
        self.results: dict[str, dict[str, Any]] = {}
        self.maximum = 20.0
        self.lives = 3600
        self.ahead = 0.0
        self.page = 100
        self.refused_stamps: list[str] = []

    def clock(self) -> float:
        return time.time() + self.ahead

    def add_class(self, count: int) -> None:
        self.members["teacher"] = {"user_id": "teacher", "roles": [TEACHER], "name": "Tea Cher"}
        for number in range(count):
            user = f"lti-{number}"
            self.members[user] = {
                "user_id": user, "roles": [LEARNER], "name": f"Student {number}", "status": "Active",
                "lis_person_sourcedid": f"{number:07d}", "ext_user_username": f"s{number}",
                "email": f"s{number}@example.edu"}  # fmt: skip

    def answer(self, request: Incoming) -> Answer:
        if request.path == "/token":
            return self._token(request)
        services: dict[tuple[str, str], Any] = {
            ("GET", LINEITEM): lambda: self._ags(request).handle_get_lineitem("5"),
            ("GET", f"{LINEITEM}/results"): lambda: self._ags(request).handle_get_results("5"),
            ("POST", f"{LINEITEM}/scores"): lambda: self._ags(request).handle_update_score("5"),
            ("GET", MEMBERS): lambda: _Members(self, request).handle_get_members(),
        }
        service = services.get((request.method, request.path))
        if service is None:
            return Answer(404, {"error": "no such service"})
        if request.method == "POST" and request.headers.get("Content-Type") != "application/vnd.ims.lis.v1.score+json":
            return Answer(400, {"error": "media type"})
        try:
            response = service()
        except (jwt.PyJWTError, LtiException) as error:
            return Answer(getattr(error, "status_code", 401), {"error": str(error)})
        except Exception as error:  # the authenticate decorator raises
            return Answer(getattr(error, "status_code", 500), {"error": str(error)})
        body, headers = response.result, {"Content-Type": response.media_type}
        following = body.get("next") if isinstance(body, dict) else None
        if following:
            headers["Link"] = generate_next_link(following)
        if isinstance(body, dict) and "content" in body:
            body = body["content"]
        return Answer(response.code, body if body is not None else {"message": response.message}, headers)

    def _ags(self, request: Incoming) -> _Grades:
        return _Grades(self, request)

    def _token(self, request: Incoming) -> Answer:
        try:
            answer = self.configuration.get_access_token(dict(request.form))
        except Exception as error:
            return Answer(400, {"error": "invalid_client", "error_description": str(error)})
        registration = self.configuration.get_registration()
        claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
        claims.update(exp=int(time.time()) + self.lives, jti=secrets.token_hex(8))
        token = Registration.encode_and_sign(claims, registration.get_platform_private_key())
        return Answer(200, {**answer, "access_token": token})


class _Grades(AssignmentsGradesService):
    def __init__(self, platform: LtiPlatform, request: Incoming) -> None:
        self.platform = platform
        url = platform.url + LINEITEM
        super().__init__(_Request(request), platform.configuration, platform.url + "/lti/lineitems", url,
                         allow_creating_lineitems=False)  # fmt: skip

    def find_lineitem(self, line_item_id: str) -> Any:
        if line_item_id != "5":
            raise LineItemNotFoundException
        return {"id": self.platform.url + LINEITEM, "scoreMaximum": self.platform.maximum, "label": "XOR"}

    def update_score(self, line_item_id: str, score: Any) -> UpdateScoreStatus:
        results, user = self.platform.results, score["userId"]
        stamp = datetime.fromisoformat(score["timestamp"])
        last = results.get(user, {}).get("stamp")
        if last is not None and int(stamp.timestamp()) <= int(last.timestamp()):
            self.platform.refused_stamps.append(score["timestamp"])
            return UpdateScoreStatus.OLD_TIMESTAMP
        given = score["scoreGiven"] * self.platform.maximum / score["scoreMaximum"]
        results[user] = {"score": min(max(given, 0), self.platform.maximum), "comment": score.get("comment", ""),
                         "stamp": stamp}  # fmt: skip
        return UpdateScoreStatus.SUCCESS

    def get_results(self, line_item_id: str, page: int = 1, limit: Any = None, user_id: Any = None) -> Any:
        platform = self.platform
        rows = [{"id": user, "userId": user, "resultScore": r["score"], "resultMaximum": platform.maximum,
                 "comment": r["comment"]} for user, r in platform.results.items() if user_id in (None, user)]  # fmt: skip
        return _page(rows, page, platform.page)

    def find_lineitems(self, **_: Any) -> Any:
        raise NotImplementedError

    create_lineitem = update_lineitem = delete_lineitem = find_lineitems


class _Members(NamesRoleProvisioningService):
    def __init__(self, platform: LtiPlatform, request: Incoming) -> None:
        self.platform = platform
        super().__init__(_Request(request), platform.configuration, platform.url + MEMBERS)

    def get_context_by_id(self) -> Context:
        return Context("1", "XOR", "XOR")

    def get_member_data_page(self, page: int = 1, limit: Any = None, role: Any = None, since: Any = None) -> Any:
        return _page([dict(member) for member in self.platform.members.values()], page, self.platform.page)


def _page(rows: list[Any], page: int, size: int) -> dict[str, Any]:
    return {"content": rows[(page - 1) * size : page * size], "has_next": page * size < len(rows)}


def set_clock(platform: LtiPlatform, user: str, seconds: float, score: float = 0.0, comment: str = "") -> None:
    """A score that somebody sent with a clock `seconds` ahead of the platform's."""
    stamp = datetime.fromtimestamp(platform.clock() + seconds, timezone.utc)
    platform.results[user] = {"score": score, "comment": comment, "stamp": stamp}
