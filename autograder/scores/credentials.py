"""Secrets: from the environment or a keyring, and never into a message."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.errors import UserError

SERVICE = "backprop-autograder"
HIDDEN = "[secret]"


class Secret:
    """A secret that shows itself only where it is asked to."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self._value

    def hide(self, text: str) -> str:
        """`text` without the secret: a server's error may repeat what it was sent."""
        return text.replace(self._value, HIDDEN) if self._value else text

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


def secret(variable: str, host: str) -> Secret:
    """The secret for `host`: the environment variable, the file that VARIABLE_FILE names, or the keyring.

    Raises
    ------
    UserError : there is none
    """
    value = os.environ.get(variable, "").strip()
    file = os.environ.get(f"{variable}_FILE", "")
    if not value and file:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise UserError(f"the file that {variable}_FILE names cannot be read") from None
    value = value or _from_keyring(host)
    if not value:
        raise UserError(f"no secret for {host}: set {variable}, or run `keyring set {SERVICE} {host}` (docs/lms.md)")
    if not value.isascii() or (not value.isprintable() and "-----BEGIN" not in value):
        raise UserError(f"the secret for {host} holds characters that none has; was it copied as it is?")
    return Secret(value)


def _from_keyring(host: str) -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return ""
    try:
        return keyring.get_password(SERVICE, host) or ""
    except keyring.errors.KeyringError:
        return ""
