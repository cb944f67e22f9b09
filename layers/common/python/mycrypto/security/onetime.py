"""Single-use secrets that are mailed or shown once: 32 random bytes in hex, stored only as SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final, NamedTuple

TOKEN_BYTES: Final = 32
_FORM: Final = re.compile(r"[0-9a-f]{64}")


class OneTimeToken(NamedTuple):
    """The text goes to the user, the digest into the table."""

    text: str
    digest: str


def digest(token: str) -> str:
    """SHA-256 in hex. The token is random, so it needs neither salt nor a slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> OneTimeToken:
    text = secrets.token_hex(TOKEN_BYTES)
    return OneTimeToken(text, digest(text))


def has_form(token: str) -> bool:
    """Whether this could be one of ours: exactly 64 lower-case hex characters."""
    return _FORM.fullmatch(token) is not None
