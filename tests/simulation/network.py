"""Connections to the broker in memory: bytes in their order, in pieces, after a while, or never."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from random import Random
from typing import Any

from tests.simulation.broker import Broker, Conversation, Refused
from tests.simulation.loop import CURRENT, NO_PROCESS, Process, VirtualLoop

SLOWEST = 0.003
IN_PIECES = 0.1
"""So often an answer comes in two parts."""


class Link(asyncio.Transport):
    """The client's end."""

    def __init__(self, network: Network, protocol: asyncio.Protocol, owner: Process | None, context: Context) -> None:
        super().__init__()
        self._network = network
        self._loop = network.loop
        self._protocol = protocol
        self.owner = owner
        self._context = context
        self._conversation = Conversation(network.broker)
        self._requests: deque[bytes] = deque()
        self._answering = False
        self._sent_at = self._heard_at = 0.0
        self.open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.open:
            self._sent_at = max(self._sent_at, self._loop.now + self._network.delay())
            self._loop.call_at(self._sent_at, self._arrived, bytes(data), context=NO_PROCESS)

    def abort(self) -> None:
        self.open = False

    close = abort

    def is_closing(self) -> bool:
        return not self.open

    def break_off(self) -> None:
        """The broker's end is gone; the client hears of it."""
        if self.open:
            self.open = False
            self._loop.call_at(self._loop.now + self._network.delay(), self._lost, context=self._context)

    def _lost(self) -> None:
        self._protocol.connection_lost(ConnectionResetError("the connection was reset"))

    def _arrived(self, data: bytes) -> None:
        self._requests.append(data)
        self.work()

    def work(self) -> None:
        """Answer what was asked, unless the broker is stopped. What arrived at it is answered even to clients that are gone."""
        if self._requests and not self._answering and not self._network.broker.stopped and not self._network.broker.away:
            self._answering = True
            self._loop.create_task(self._answer(self._requests.popleft()), context=NO_PROCESS.copy())

    async def _answer(self, request: bytes) -> None:
        try:
            answer = await self._conversation.answer(request[4:])
        except Refused:
            self.break_off()
            return
        await self._network.going.wait()
        self._answering = False
        if self.open:
            self._heard_at = max(self._heard_at, self._loop.now + self._network.delay())
            self._loop.call_at(self._heard_at, self._hear, struct.pack(">i", len(answer)) + answer, context=self._context)
        self.work()

    def _hear(self, data: bytes) -> None:
        if not self.open:
            return
        if len(data) > 1 and self._network.random.random() < IN_PIECES:
            middle = self._network.random.randrange(1, len(data))
            self._protocol.data_received(data[:middle])
            data = data[middle:]
        self._protocol.data_received(data)


class Network:
    """Between the processes and the broker."""

    def __init__(self, loop: VirtualLoop, broker: Broker, random: Random) -> None:
        self.loop = loop
        self.broker = broker
        self.random = random
        self.going = asyncio.Event()
        """The broker is not stopped."""
        self.going.set()
        self._links: list[Link] = []

    def delay(self) -> float:
        return self.random.uniform(0.0002, SLOWEST)

    async def connect(self, factory: Callable[[], asyncio.Protocol], _host: str, _port: int) -> tuple[Any, asyncio.Protocol]:
        """As the loop's ``create_connection``."""
        await asyncio.sleep(self.delay())
        if self.broker.away:
            raise ConnectionRefusedError("the broker is away")
        await self.going.wait()
        protocol = factory()
        link = Link(self, protocol, CURRENT.get(), copy_context())
        self._links = [other for other in self._links if other.open and not (other.owner is not None and other.owner.dead)]
        self._links.append(link)
        protocol.connection_made(link)
        return link, protocol

    def break_all(self) -> None:
        """The broker dies: every connection with it."""
        links, self._links = self._links, []
        for link in links:
            link.break_off()

    def pause(self) -> None:
        """The broker is stopped: its connections stay, without an answer."""
        self.broker.stopped = True
        self.going.clear()

    def go_on(self) -> None:
        """The broker is continued."""
        self.broker.stopped = False
        self.going.set()
        for link in self._links:
            link.work()
