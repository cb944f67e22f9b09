"""Tokens that were revoked before they expired, as marks in Redis.

Three kinds of mark: one token (``jti``), one session (``sid``), or everything a user was given before a moment. Verifiers read all
three of a token's keys in one MGET and judge with ``is_revoked``, which is pure, so that synchronous and asynchronous clients
share it. Every mark lives only as long as a token that it could concern.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol
from uuid import UUID

from mycrypto.security.tokens import ACCESS_LIFE_S, REFRESH_LIFE_S, Claims

TOKEN_PREFIX: Final = "token:blacklist:"  # noqa: S105 - a key's name, not a secret
SESSION_PREFIX: Final = "token:blacklist:session:"
USER_PREFIX: Final = "token:blacklist:user:"
COMPLETE_KEY: Final = "token:blacklist:complete"
"""Present while Redis has every mark; gone when it was wiped (see ``revocation_store``)."""


class SupportsSet(Protocol):
    """The part of a Redis client that marking needs."""

    def set(self, name: str, value: str, *, ex: int) -> object: ...


def token_key(jti: UUID) -> str:
    return f"{TOKEN_PREFIX}{jti}"


def session_key(sid: UUID) -> str:
    return f"{SESSION_PREFIX}{sid}"


def user_key(user_id: UUID) -> str:
    return f"{USER_PREFIX}{user_id}"


def keys_of(claims: Claims) -> tuple[str, str, str]:
    """What to MGET for a token, in the order that ``is_revoked`` expects."""
    return token_key(claims.jti), session_key(claims.sid), user_key(claims.sub)


def is_revoked(claims: Claims, marks: Sequence[bytes | str | None]) -> bool:
    """Whether the marks read for ``keys_of(claims)`` revoke the token. A user's mark is the cut-off in epoch milliseconds."""
    token_mark, session_mark, user_mark = marks
    if token_mark is not None or session_mark is not None:
        return True
    return user_mark is not None and claims.iat_ms < int(user_mark)


def revoke_token(redis: SupportsSet, jti: UUID, *, now_ms: int, expires_s: int) -> None:
    """Refuse this token until its own expiry (epoch seconds)."""
    life_s = expires_s - now_ms // 1000
    if life_s > 0:
        redis.set(token_key(jti), str(now_ms), ex=life_s)


def revoke_session(redis: SupportsSet, sid: UUID, *, now_ms: int) -> None:
    """Refuse every access token of the session; its refresh tokens are refused by the sessions table."""
    redis.set(session_key(sid), str(now_ms), ex=ACCESS_LIFE_S + 60)


def revoke_user(redis: SupportsSet, user_id: UUID, *, now_ms: int) -> None:
    """Refuse every token of the user that was issued before ``now_ms``; what is issued later holds."""
    redis.set(user_key(user_id), str(now_ms), ex=REFRESH_LIFE_S)
