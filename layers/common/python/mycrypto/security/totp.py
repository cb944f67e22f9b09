"""Time-based one-time codes (RFC 6238: SHA-1, six digits, 30 seconds), as authenticator programs make them."""

from __future__ import annotations

import base64
import hmac
import os
import re
from typing import Final

import pyotp

ISSUER: Final = "MyCrypto Exchange"
PERIOD_S: Final = 30
WINDOW_STEPS: Final = 1
SECRET_BYTES: Final = 32
_FORM: Final = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """32 random bytes in base32, without padding: what is typed into an authenticator that cannot scan."""
    return base64.b32encode(os.urandom(SECRET_BYTES)).rstrip(b"=").decode()


def uri(secret: str, account: str) -> str:
    """The otpauth address that goes into the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def has_form(code: str) -> bool:
    return _FORM.fullmatch(code) is not None


def code_at(secret: str, moment_s: int) -> str:
    """The code of a moment (epoch seconds)."""
    return str(pyotp.TOTP(secret).generate_otp(moment_s // PERIOD_S))


def matching_step(secret: str, code: str, *, now_s: int, after_step: int) -> int | None:
    """The 30-second step that the code belongs to, one step of clock difference allowed; ``None`` if it is wrong or was used.

    Only steps later than ``after_step``, the last one accepted, count: each code opens once.
    """
    if not has_form(code):
        return None
    current = now_s // PERIOD_S
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(current - WINDOW_STEPS, current + WINDOW_STEPS + 1):
        # every candidate is compared, so that time tells nothing
        if hmac.compare_digest(str(totp.generate_otp(step)), code) and step > after_step:
            found = step
    return found
