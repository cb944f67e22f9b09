"""Signatures of webhooks: ``X-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">``. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from mycrypto.errors import ProblemError

HEADER: Final = "X-Signature"
TOLERANCE_SECONDS: Final = 300

_SHAPE: Final = re.compile(r"t=(?P<seconds>[0-9]{1,12}),v1=(?P<digest>[0-9a-f]{64})")


def sign(secret: str, body: bytes, unix_seconds: int) -> str:
    """The header for ``body``, sent at ``unix_seconds``."""
    digest = hmac.new(secret.encode(), f"{unix_seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={unix_seconds},v1={digest}"


def require_signed(secret: str, header: str | None, body: bytes, now_seconds: int) -> None:
    """Raises INVALID_WEBHOOK_SIGNATURE unless the header was made for this body with this secret within five minutes of now."""
    match = _SHAPE.fullmatch(header or "")
    if match is None:
        raise ProblemError("INVALID_WEBHOOK_SIGNATURE", f"the header {HEADER} must be t=<unix seconds>,v1=<hex digest>")
    seconds = int(match["seconds"])
    if not secret or not hmac.compare_digest(sign(secret, body, seconds), f"t={seconds},v1={match['digest']}"):
        raise ProblemError("INVALID_WEBHOOK_SIGNATURE", "the signature does not match the body")
    if abs(now_seconds - seconds) > TOLERANCE_SECONDS:
        raise ProblemError("INVALID_WEBHOOK_SIGNATURE", "the signature is too old, or of the future")
