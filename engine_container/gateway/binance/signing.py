"""What a client of Binance signs, and whether it did: HMAC-SHA256 under the key's secret, or its own Ed25519 or RSA key."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.params import Params

WINDOW_US: Final = 5_000_000
WINDOW_MS_MAX: Final = 60_000
AHEAD_US_MAX: Final = 1_000_000
MICROSECONDS_FROM: Final = 10**14
"""A time stamp from here on is one in microseconds."""
_WINDOW: Final = re.compile(r"([0-9]{1,5})(?:\.([0-9]{1,3}))?")
_PAIR: Final = re.compile(r"(?:^|&)signature=[^&]*")

SigningKey = bytes | Ed25519PublicKey | RSAPublicKey
"""A secret that both sides know, or the client's public key."""


def signed_text(query: str, body: str) -> str:
    """Query and body as they were sent, one behind the other, without the signature."""
    return "".join(_PAIR.sub("", part).removeprefix("&") for part in (query, body))


def message_text(values: Mapping[str, str]) -> str:
    """The parameters of a message in the order of their names."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "signature")


def is_genuine(key: SigningKey, text: str, signature: str) -> bool:
    """Some clients sign what they mean rather than what they send, so that both are looked at."""
    return _fits(key, text.encode("utf-8", "replace"), signature) or (
        "%" in text and _fits(key, unquote_plus(text).encode("utf-8", "replace"), signature)
    )


def _fits(key: SigningKey, text: bytes, signature: str) -> bool:
    if isinstance(key, bytes):
        expected = hmac.digest(key, text, "sha256").hex()
        return hmac.compare_digest(expected.encode(), signature.lower().encode("utf-8", "replace"))
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(raw, text)
        else:
            key.verify(raw, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def check_time(params: Params) -> None:
    """Raises -1021 for a request that is too old or of the future, and -1131 for a window that is too long."""
    params.needed("timestamp")
    stamp = params.integer("timestamp", 0)
    if stamp < MICROSECONDS_FROM:
        stamp *= 1_000
    window = _window_us(params.text("recvWindow"))
    now = time.time_ns() // 1_000
    if stamp >= now + AHEAD_US_MAX:
        raise errors.ahead()
    if now - stamp > window:
        raise errors.outside_window()


def _window_us(text: str | None) -> int:
    if text is None:
        return WINDOW_US
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise errors.illegal("recvWindow", r"^[0-9]{1,5}(\.[0-9]{1,3})?$")
    window = int(match[1]) * 1_000 + int((match[2] or "").ljust(3, "0"))
    if window > WINDOW_MS_MAX * 1_000:
        raise errors.BinanceError(-1131, "recvWindow must be less than 60000")
    return window
