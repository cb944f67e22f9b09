"""Listens to the engine that publishes: it announces events before they are on the event log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine_container.logs.announcement_wire import FrameError, Frames, Leader, leader_key, read_leader

LOOK_SECONDS: Final = 0.25
"""How often to look who leads."""
CONNECT_SECONDS_MAX: Final = 1.0


class Reporter(Protocol):
    """The part of a logger that is needed."""

    def info(self, msg: object, *args: object) -> None: ...
    def warning(self, msg: object, *args: object) -> None: ...


LeaderSource = Callable[[], Awaitable[Leader | None]]
"""Says who leads; ``None``: it is not known."""


def leader_in(redis: Redis, shard: int) -> LeaderSource:
    """The leader as the engines write it into Redis."""
    client: Any = redis

    async def look() -> Leader | None:
        try:
            text = await client.get(leader_key(shard))
        except (RedisError, OSError):
            return None
        return read_leader(text.decode("ascii", "replace")) if text else None

    return look


class Announcements:
    """``heard`` is given each announced event record, in the order of the engine that leads.

    The highest epoch that was seen is the only one that is listened to: what an engine says that was deposed is passed over, and it is left.
    """

    def __init__(self, leader: LeaderSource, heard: Callable[[bytes], None], reporter: Reporter) -> None:
        self._leader = leader
        self._heard = heard
        self._reporter = reporter
        self._connection: _Connection | None = None
        self.epoch = 0
        """The highest seen."""

    @property
    def listening(self) -> bool:
        """Whether the engine that leads can be heard."""
        return self._connection is not None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._leave()

    async def _look(self) -> None:
        leader = await self._leader()
        if leader is None or leader.epoch < self.epoch or (self._connection is not None and leader.epoch == self.epoch):
            return
        self._leave()
        self.epoch = leader.epoch
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: _Connection(leader, self._take, self._lost), leader.host, leader.port
                )
        except (OSError, TimeoutError) as error:
            self._reporter.warning("the engine cannot be listened to: %s", error)
            return
        if not connection.over:
            self._connection = connection
            self._reporter.info("listening to the engine of epoch %s", leader.epoch)

    def _take(self, connection: _Connection, epoch: int, payload: bytes) -> None:
        if epoch == self.epoch == connection.leader.epoch:
            self._heard(payload)

    def _lost(self, connection: _Connection) -> None:
        if self._connection is connection:
            self._connection = None

    def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.leave()


class _Connection(asyncio.Protocol):
    def __init__(self, leader: Leader, take: Callable[[_Connection, int, bytes], None], lost: Callable[[_Connection], None]) -> None:
        self.leader = leader
        self.over = False
        self._take = take
        self._lost = lost
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self.leader.token.encode())

    def data_received(self, data: bytes) -> None:
        try:
            frames = self._frames.take(data)
        except FrameError:
            self.leave()
            return
        for epoch, payload in frames:
            self._take(self, epoch, payload)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        self.over = True
        self._lost(self)

    def leave(self) -> None:
        self.over = True
        self._lost(self)
        if self._transport is not None:
            self._transport.abort()
