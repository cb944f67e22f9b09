"""Challenges: after a right password, five minutes to show the second factor. Kept in Redis, under a digest, so a look there opens nothing.

A challenge carries the mark of the password that opened it, and dies with that password.
"""

from __future__ import annotations

import secrets
from typing import Final, cast
from uuid import UUID

import msgspec

from functions.auth.confirmation import mark_of
from functions.auth.context import Context
from functions.auth.models import SecondFactorNeeded
from functions.auth.store.users import User
from mycrypto.security import onetime

LIFE_S: Final = 5 * 60
TEXT: Final = "Doğrulama kodunuzu girin."


class Challenge(msgspec.Struct, frozen=True):
    """What Redis holds."""

    user_id: UUID
    mark: str

    def fits(self, user: User) -> bool:
        """Whether it was opened with the password of today."""
        return self.user_id == user.id and self.mark == mark_of(user)


def _key(token: str) -> str:
    return f"2fa:challenge:token:{onetime.digest(token)}"


def open_challenge(context: Context, user: User) -> SecondFactorNeeded:
    """Raises redis.RedisError: without Redis a user with a second factor cannot log in."""
    token = secrets.token_hex(32)
    context.redis.set(_key(token), msgspec.json.encode(Challenge(user.id, mark_of(user))), ex=LIFE_S)
    return SecondFactorNeeded(token, LIFE_S, TEXT)


def find(context: Context, token: str) -> Challenge | None:
    """The challenge, while it lives."""
    raw = cast("bytes | None", context.redis.get(_key(token)))
    try:
        return msgspec.json.decode(raw, type=Challenge) if raw else None
    except msgspec.MsgspecError:
        return None  # written by the release before, without a mark: its user logs in again


def close(context: Context, token: str) -> bool:
    """Spend the challenge; of two who hold it, only one gets True."""
    return bool(context.redis.delete(_key(token)))
