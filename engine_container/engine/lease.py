"""Who publishes: a short lease in Redis. It is only an economy, since two publishers do no harm; without Redis everyone publishes.

With the lease an engine gets an epoch, which is greater than every epoch before, also after Redis has lost everything: the time of Redis, or one more than
the last. Listeners find the address and the epoch of the engine beside the lease (``engine_container/logs/announcement_wire.py``).
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import redis.asyncio
from redis.exceptions import RedisError

from engine_container.logs.announcement_wire import leader_key

LEASE_MS: Final = 750
RENEW_SECONDS: Final = 0.15

_HOLD: Final = """
local leader = redis.call('get', KEYS[2])
local epoch = leader and tonumber(string.match(leader, '^%d+')) or 0
if redis.call('get', KEYS[1]) == ARGV[1] then
    redis.call('pexpire', KEYS[1], ARGV[2])
    if tonumber(ARGV[4]) == epoch then return epoch end
elseif not redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return 0
end
local time = redis.call('time')
epoch = math.max(time[1] * 1000 + math.floor(time[2] / 1000), epoch + 1)
redis.call('set', KEYS[2], string.format('%.0f', epoch) .. ' ' .. ARGV[3])
return epoch
"""
"""Its own epoch, or 0 while another engine holds the lease. An epoch that Redis does not know any more is replaced by a new one."""
_GIVE_UP: Final = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


class Lease(Protocol):
    """Asked every RENEW_SECONDS."""

    @property
    def epoch(self) -> int:
        """Of this engine's lease, greater than that of every engine before; 0: it has none, or there are no epochs."""

    async def hold(self) -> bool:
        """Take or renew the lease; whether this engine has it now."""

    def announce_at(self, address: str) -> None:
        """Host, port and token, with spaces between: where this engine announces while it has the lease."""

    async def give_up(self) -> None:
        """Let another engine have it at once."""


class AlwaysHeld:
    """No lease: this engine publishes."""

    epoch = 0

    def announce_at(self, address: str) -> None:  # noqa: ARG002 - there are no epochs, so nothing is announced
        return

    async def hold(self) -> bool:
        return True

    async def give_up(self) -> None:
        return


class RedisLease:
    """``owner`` tells engines apart; a Redis that does not answer counts as a lease that is held."""

    def __init__(self, url: str, shard: int, owner: str) -> None:
        self._client: Any = redis.asyncio.Redis.from_url(url, socket_timeout=0.3, socket_connect_timeout=0.3)
        self._key = f"engine:lease:{shard}"
        self._leader_key = leader_key(shard)
        self._owner = owner
        self._address = ""
        self.epoch = 0

    def announce_at(self, address: str) -> None:
        self._address = address

    async def hold(self) -> bool:
        try:
            self.epoch = int(
                await self._client.eval(_HOLD, 2, self._key, self._leader_key, self._owner, LEASE_MS, self._address, self.epoch)
            )
        except (RedisError, OSError):
            return True
        return self.epoch > 0

    async def give_up(self) -> None:
        try:
            await self._client.eval(_GIVE_UP, 1, self._key, self._owner)
            await self._client.aclose()
        except (RedisError, OSError):
            return
