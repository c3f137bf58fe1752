"""The bearer token of LTI 1.3: got with a signed assertion, renewed before it expires."""

from __future__ import annotations

import time
import uuid

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from autograder.scores.answers import Refused, Stopped
from autograder.scores.credentials import Secret
from autograder.scores.lms.http import Http
from autograder.scores.settings import LtiSettings

SCOPES = (
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
)
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCKS_DIFFER, LIVES = 60, 300  # seconds: an assertion is dated back, since clocks differ; how long it counts
EARLY = 30  # seconds before its end that a token is renewed


class LtiToken:
    """The token, as long as it is good."""

    def __init__(self, settings: LtiSettings, key: Secret, http: Http) -> None:
        self._settings, self._key, self._http = settings, key, http
        self._token, self._ends = "", 0.0

    def value(self) -> str:
        """A token that is good for some time."""
        if not self._token or time.monotonic() > self._ends - EARLY:
            self._renew()
        return self._token

    def forget(self) -> None:
        """The platform did not take it: get another."""
        self._token = ""

    def _renew(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": self._assertion(),
            "scope": " ".join(SCOPES),
        }
        response = self._http.send("POST", self._settings.token_url, data=form)
        if response.status_code >= 400:
            said = self._http.said(response.text)
            raise Stopped(f"the platform gives no token ({response.status_code}: {said}): check client_id, key_id, key")
        answer = self._http.json(response)
        if not isinstance(answer, dict) or not answer.get("access_token"):
            raise Stopped("the platform gives no token, though it says yes")
        granted = str(answer.get("scope") or " ".join(SCOPES)).split()
        if SCOPES[2] not in granted:
            raise Refused("the platform does not permit this tool to write scores (AGS scope `score`)")
        self._token = str(answer["access_token"])
        self._ends = time.monotonic() + float(answer.get("expires_in") or 3600)
        self._http.secrets.append(Secret(self._token))

    def _assertion(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self._settings.client_id,
            "sub": self._settings.client_id,
            "aud": self._settings.audience or self._settings.token_url,
            "iat": now - CLOCKS_DIFFER,
            "exp": now + LIVES,
            "jti": uuid.uuid4().hex,
        }
        signed = jwt.encode(claims, _private(self._key), algorithm="RS256", headers={"kid": self._settings.key_id})
        self._http.secrets.append(Secret(signed))
        return signed


def _private(key: Secret) -> RSAPrivateKey:
    text = key.reveal()
    if "PUBLIC KEY-----" in text and "PRIVATE KEY-----" not in text:
        raise Stopped("the LTI key is the public half; give the private one, which the platform does not have")
    try:
        found = load_pem_private_key(text.encode("ascii"), password=None)
    except TypeError:
        raise Stopped(
            "the LTI key is protected by a password; give one without: openssl rsa -in KEY -out lti.pem"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, RSAPrivateKey):
        raise Stopped("the LTI key is no RSA private key in PEM format")
    return found
