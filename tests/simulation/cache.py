"""What the platform keeps in Redis, as far as these histories use it: the lease of the engines, the public books and tickers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from redis.exceptions import ConnectionError as RedisConnectionError

from engine_container.logs.announcement_wire import Leader, read_leader
from tests.simulation.loop import VirtualLoop


class Redis:
    """``away``: it does not answer. Everything in it may be wiped."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.holder: tuple[str, float] | None = None
        self.leader: Leader | None = None
        self.books: dict[str, dict[bytes, int]] = {}
        self.tickers: dict[str, tuple[bytes, float]] = {}
        """With the time of their end."""
        self.away = False

    def wipe(self) -> None:
        self.holder = self.leader = None
        self.books.clear()
        self.tickers.clear()

    async def look(self) -> Leader | None:
        """The leader, as a gateway reads it."""
        await asyncio.sleep(0.0005)
        return None if self.away else self.leader

    async def ping(self) -> None:
        await self._trip()

    async def aclose(self) -> None:
        return

    def pipeline(self, *, transaction: bool) -> Pipeline:
        return Pipeline(self)

    async def _trip(self) -> None:
        await asyncio.sleep(0.0005)
        if self.away:
            raise RedisConnectionError("redis is away")

    def set_ticker(self, key: str, value: bytes, seconds: float) -> bytes | None:
        before = self.tickers.get(key)
        self.tickers[key] = value, self.loop.now + seconds
        return before[0] if before is not None and before[1] > self.loop.now else None

    async def execute(self, commands: list[Callable[[], object]]) -> list[object]:
        await self._trip()
        return [command() for command in commands]


class Pipeline:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._commands: list[Callable[[], object]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return

    def delete(self, key: str) -> None:
        self._commands.append(lambda: self._redis.books.pop(key, None))

    def zadd(self, key: str, members: Mapping[bytes, int]) -> None:
        self._commands.append(lambda: self._redis.books.__setitem__(key, dict(members)))

    def set(self, key: str, value: bytes, *, px: int, get: bool) -> None:
        self._commands.append(lambda: self._redis.set_ticker(key, value, px / 1_000))

    async def execute(self) -> list[object]:
        return await self._redis.execute(self._commands)


class Lease:
    """As ``RedisLease``, whose script the integration tests try out."""

    def __init__(self, redis: Redis, owner: str, seconds: float) -> None:
        self.epoch = 0
        self._address = ""
        self._redis = redis
        self._owner = owner
        self._seconds = seconds

    def announce_at(self, address: str) -> None:
        self._address = address

    async def hold(self) -> bool:
        await asyncio.sleep(0.0005)
        redis = self._redis
        if redis.away:
            return True
        if redis.holder is not None and redis.holder[0] != self._owner and redis.holder[1] > redis.loop.now:
            self.epoch = 0
            return False
        before = redis.leader.epoch if redis.leader is not None else 0
        if redis.holder is None or redis.holder[0] != self._owner or self.epoch != before:
            self.epoch = max(int(redis.loop.now * 1_000), before + 1)
            redis.leader = read_leader(f"{self.epoch} {self._address}")
        redis.holder = (self._owner, redis.loop.now + self._seconds)
        return True

    async def give_up(self) -> None:
        if self._redis.holder is not None and self._redis.holder[0] == self._owner:
            self._redis.holder = None
