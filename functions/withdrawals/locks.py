"""One worker per withdrawal, as far as Redis knows. It spares a second worker's questions; that money leaves once is held by the keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from uuid import UUID, uuid4

import redis

SECONDS: Final = 120
"""As long as the function may run. The queue shows the message of a function that died half a minute later."""
_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class BusyError(Exception):
    """Another worker has the withdrawal in hand; the message is delivered again."""


def lock_key(user_id: UUID, withdrawal_id: UUID) -> str:
    return f"withdrawal:lock:{user_id}:{withdrawal_id}"


@contextmanager
def held(server: redis.Redis, user_id: UUID, withdrawal_id: UUID) -> Iterator[None]:
    """Raises BusyError. Without Redis the work is done all the same."""
    key, token = lock_key(user_id, withdrawal_id), uuid4().hex
    try:
        taken = bool(server.set(key, token, nx=True, ex=SECONDS))
    except redis.RedisError:
        taken = True
    if not taken:
        raise BusyError(str(withdrawal_id))
    try:
        yield
    finally:
        with suppress(redis.RedisError):
            server.eval(_RELEASE, 1, key, token)
