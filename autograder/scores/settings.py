"""`lms.toml`: which LMS, course and assignment. It holds no secret."""

from __future__ import annotations

import ipaddress
import json
import sys
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from autograder.errors import UserError
from autograder.scores.problems import first_problem

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SECRETS = {"token", "password", "secret", "key", "private_key", "access_token", "api_key"}


def safe_url(url: str) -> str:
    """The address, if what is sent there is encrypted or stays on this machine.

    Raises
    ------
    ValueError : plain HTTP to another machine, a password in the address, or no address at all
    """
    parts = urlsplit(url)
    if "@" in parts.netloc or (not parts.netloc and "@" in url):
        raise ValueError("an address must not hold a user name or password")
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise ValueError(f"not an https:// address: {url}")
    if parts.port == 0:  # reading it also sees that it is a number
        raise ValueError(f"no server has port 0: {url}")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise ValueError(f"only https:// is allowed, since secrets are sent there: {url}")
    return url.rstrip("/")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: two addresses of the same origin belong to the same server."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443, "http": 80}.get(parts.scheme)


Url = Annotated[str, AfterValidator(safe_url)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CanvasSettings(_Strict):
    """An assignment on Canvas; its numbers stand in its address: /courses/COURSE/assignments/ASSIGNMENT."""

    lms: Literal["canvas"]
    url: Url
    course: int
    assignment: int

    @property
    def host(self) -> str:
        """Whose secret is needed."""
        return urlsplit(self.url).netloc


class MoodleSettings(_Strict):
    """An assignment on Moodle, by its course module id (`/mod/assign/view.php?id=CMID`), or a manual grade item."""

    lms: Literal["moodle"]
    url: Url
    course: int
    cmid: int | None = None
    item: int | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> MoodleSettings:
        if (self.cmid is None) == (self.item is None):
            raise ValueError("give either cmid (an assignment) or item (a manual grade item)")
        return self

    @property
    def host(self) -> str:
        """Whose secret is needed."""
        return urlsplit(self.url).netloc


class LtiSettings(_Strict):
    """A line item on any LTI 1.3 platform, as the platform shows them at the tool's registration."""

    lms: Literal["lti"]
    token_url: Url
    lineitem: Url
    memberships: Url
    client_id: str
    key_id: str
    audience: str = ""

    @property
    def host(self) -> str:
        """Whose secret is needed."""
        return urlsplit(self.token_url).netloc


Settings = Annotated[CanvasSettings | MoodleSettings | LtiSettings, Field(discriminator="lms")]
KNOWN = ("canvas", "moodle", "lti")
_ADAPTER: TypeAdapter[CanvasSettings | MoodleSettings | LtiSettings] = TypeAdapter(Settings)


def read_settings(path: Path) -> CanvasSettings | MoodleSettings | LtiSettings:
    """Read an `lms.toml`.

    Raises
    ------
    UserError : it cannot be read, is not valid, or holds a secret
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; docs/lms.md says what stands in it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML: {error}") from None
    for name in data:
        if name.casefold() in _SECRETS:
            raise UserError(f"{path}: {name}: secrets do not belong here; delete it and see docs/lms.md")
    lms = data.get("lms")
    if not isinstance(lms, str) or lms not in KNOWN:
        said = f"lms is {lms!r}" if isinstance(lms, str) else "does not say which lms"
        raise UserError(f"{path}: {said}; write lms = {' or '.join(map(json.dumps, KNOWN))} (docs/lms.md)")
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError as error:
        where, what = first_problem(error)
        name = where.partition(".")[2]  # behind the LMS's own
        raise UserError(f"{path}: {name}: {what}" if name else f"{path}: {what}") from None
