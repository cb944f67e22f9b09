"""Keys for programs: what auth publishes of them, and how a request is signed with one.

A signed request carries ``X-API-Key``, ``X-API-Timestamp`` (epoch milliseconds), optionally ``X-API-Recv-Window`` (milliseconds, 5,000 unless
given, at most 60,000), ``X-API-Signature-Version: 2`` and ``X-API-Signature``: hex HMAC-SHA256 under the key's secret of seven lines, joined
by a newline each, with none at the end:

    mycrypto-hmac-sha256-2
    timestamp, as in its header
    receive window, as in its header; an empty line without one
    METHOD
    path, as sent
    query, as sent, without the question mark; an empty line without one
    hex SHA-256 of the body, also of an empty one

No part can hold a newline and each has its line, so that a signature says one request and no other.

Auth keeps keys in PostgreSQL and publishes each live one in Redis under ``redis_key``; a revoked one is gone from there.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from mycrypto.security.sealing import Sealer
from mycrypto.security.tokens import Identity, Role, Tier

PURPOSE: Final = "api-keys"
KEY_HEADER: Final = "X-API-Key"
TIMESTAMP_HEADER: Final = "X-API-Timestamp"
WINDOW_HEADER: Final = "X-API-Recv-Window"
SIGNATURE_HEADER: Final = "X-API-Signature"
VERSION_HEADER: Final = "X-API-Signature-Version"
VERSION: Final = "2"
SCHEME: Final = f"mycrypto-hmac-sha256-{VERSION}"
WINDOW_MS: Final = 5_000
WINDOW_MS_MAX: Final = 60_000
COMPLETE_KEY: Final = "apikey:complete"
"""Present while every live key is published. Without it a key that is not found may still be good: say 503, not 401."""
AHEAD_MS_MAX: Final = 1_000
"""How far a client's clock may be ahead of ours."""


class Scope(StrEnum):
    READ = "read"
    TRADE = "trade"
    WITHDRAW = "withdraw"


class PublishedApiKey(msgspec.Struct, frozen=True):
    """What a gateway needs of a key. ``sealed_secret`` opens with the purpose ``PURPOSE`` and the key's id as label."""

    key_id: str
    sealed_secret: str
    user_id: UUID
    email: str
    roles: tuple[Role, ...]
    tier: Tier
    kyc_level: int
    scopes: tuple[Scope, ...]
    ip_list: tuple[str, ...]
    expires_at: datetime | None
    public_key: str = ""
    """In PEM, where its owner signs with a key of their own, through the Binance-compatible API; the secret is worth nothing there then."""

    @property
    def identity(self) -> Identity:
        return Identity(self.user_id, self.email, self.roles, self.tier, self.kyc_level)

    def secret(self, sealer: Sealer) -> bytes:
        """The secret that signs. Raises SealError."""
        return sealer.open(self.sealed_secret, self.key_id).encode()

    def allows(self, scope: Scope, ip: str, now: datetime) -> bool:
        """Whether the key may do this from there now. An empty list of addresses means from everywhere."""
        if scope not in self.scopes or (self.expires_at is not None and now >= self.expires_at):
            return False
        if not self.ip_list:
            return True
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return False
        return any(address in ipaddress.ip_network(network) for network in self.ip_list)


def redis_key(key_id: str) -> str:
    return f"apikey:{key_id}"


def sign(secret: bytes, *, timestamp: str, window: str = "", method: str, target: str, body: bytes) -> str:
    """The signature of a request; ``target`` is the path with its query, exactly as sent, as are ``timestamp`` and ``window``."""
    path, _, query = target.partition("?")
    lines = (SCHEME, timestamp, window, method.upper(), path, query, hashlib.sha256(body).hexdigest())
    if any("\n" in line for line in lines):
        raise ValueError("a line of what is signed holds a newline")
    return hmac.new(secret, "\n".join(lines).encode("latin-1"), hashlib.sha256).hexdigest()


def is_genuine(secret: bytes, signature: str, *, timestamp: str, window: str, method: str, target: str, body: bytes) -> bool:
    """Compare in constant time."""
    expected = sign(secret, timestamp=timestamp, window=window, method=method, target=target, body=body)
    return hmac.compare_digest(expected.encode(), signature.lower().encode())


def is_timely(timestamp_ms: int, now_ms: int, window_ms: int = WINDOW_MS) -> bool:
    """Whether a request was signed within its window, small clock differences allowed."""
    return -AHEAD_MS_MAX <= now_ms - timestamp_ms <= min(window_ms, WINDOW_MS_MAX)
