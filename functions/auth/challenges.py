"""Challenges: after a right password, five minutes to show the second factor. Kept in Redis, under a digest, so a look there opens nothing."""

from __future__ import annotations

import secrets
from typing import Final, cast
from uuid import UUID

from functions.auth.context import Context
from functions.auth.models import SecondFactorNeeded
from mycrypto.security import onetime

LIFE_S: Final = 5 * 60
TEXT: Final = "Doğrulama kodunuzu girin."


def _key(token: str) -> str:
    return f"2fa:challenge:token:{onetime.digest(token)}"


def open_challenge(context: Context, user_id: UUID) -> SecondFactorNeeded:
    """Raises redis.RedisError: without Redis nobody with a second factor can log in."""
    token = secrets.token_hex(32)
    context.redis.set(_key(token), str(user_id), ex=LIFE_S)
    return SecondFactorNeeded(token, LIFE_S, TEXT)


def user_of(context: Context, token: str) -> UUID | None:
    """Whose challenge this is, while it lives."""
    raw = cast("bytes | None", context.redis.get(_key(token)))
    return UUID(raw.decode()) if raw else None


def close(context: Context, token: str) -> bool:
    """Spend the challenge; of two who hold it, only one gets True."""
    return bool(context.redis.delete(_key(token)))
