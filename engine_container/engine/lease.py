"""Who publishes: a short lease in Redis. It is only an economy, since two publishers do no harm; without Redis everyone publishes."""

from __future__ import annotations

from typing import Any, Final, Protocol

import redis.asyncio
from redis.exceptions import RedisError

LEASE_MS: Final = 750
RENEW_SECONDS: Final = 0.15

_RENEW: Final = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) "
    "elseif redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 else return 0 end"
)
_GIVE_UP: Final = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


class Lease(Protocol):
    """Asked every RENEW_SECONDS."""

    async def hold(self) -> bool:
        """Take or renew the lease; whether this engine has it now."""

    async def give_up(self) -> None:
        """Let another engine have it at once."""


class AlwaysHeld:
    """No lease: this engine publishes."""

    async def hold(self) -> bool:
        return True

    async def give_up(self) -> None:
        return


class RedisLease:
    """``owner`` tells engines apart; a Redis that does not answer counts as a lease that is held."""

    def __init__(self, url: str, shard: int, owner: str) -> None:
        self._client: Any = redis.asyncio.Redis.from_url(url, socket_timeout=0.3, socket_connect_timeout=0.3)
        self._key = f"engine:lease:{shard}"
        self._owner = owner

    async def hold(self) -> bool:
        try:
            return bool(await self._client.eval(_RENEW, 1, self._key, self._owner, LEASE_MS))
        except (RedisError, OSError):
            return True

    async def give_up(self) -> None:
        try:
            await self._client.eval(_GIVE_UP, 1, self._key, self._owner)
            await self._client.aclose()
        except (RedisError, OSError):
            return
