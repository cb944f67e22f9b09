"""Redis (Valkey). Whatever is kept here may vanish at any time: slower, nothing wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mycrypto import secrets

TIMEOUT_SECONDS: Final = 0.5
PAUSE_SECONDS: Final = 1.0
"""After a failure the cache is left alone this long, so that a dead server costs one time-out a second, not one per request."""


def client(url: str, secret_name: str = "") -> redis.Redis:
    """A client with short time-outs. Answers are ``bytes``. Nothing is connected until the first call."""
    password = str(secrets.get(secret_name)["password"]) if secret_name else None
    options = {} if password is None else {"password": password}
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 1), **options
    )


class Cache:
    """Cache-aside: misses and failures look the same, and a failure is never the caller's problem."""

    def __init__(self, open_client: Callable[[], redis.Redis], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._open_client = open_client
        self._clock = clock
        self._client: redis.Redis | None = None
        self._paused_until = float("-inf")

    def get(self, key: str) -> bytes | None:
        """The value, or ``None`` if there is none or Redis does not answer."""
        return cast("bytes | None", self._call(lambda server: server.get(key)))

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Keep ``value`` for so many seconds."""
        self._call(lambda server: server.set(key, value, ex=seconds))

    def drop(self, *keys: str) -> None:
        """Forget the keys."""
        if keys:
            self._call(lambda server: server.delete(*keys))

    def _call(self, command: Callable[[redis.Redis], object]) -> object | None:
        if self._clock() < self._paused_until:
            return None
        try:
            if self._client is None:
                self._client = self._open_client()
            return command(self._client)
        except (redis.RedisError, OSError):
            self._paused_until = self._clock() + PAUSE_SECONDS
            return None
