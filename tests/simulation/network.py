"""Connections in memory, to the broker and between processes: bytes in their order, in pieces, after a while, or never."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from random import Random
from typing import Any

from tests.simulation.broker import Broker, Conversation, Refused
from tests.simulation.loop import CURRENT, NO_PROCESS, Process, VirtualLoop

SLOWEST = 0.003
LATE_SECONDS = 0.5
BROKER_HOST = "broker"
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
            try:
                self._conversation.take(self._requests.popleft()[4:], self._answered)
            except Refused:
                self.break_off()

    def _answered(self, answer: bytes) -> None:
        if self._network.broker.stopped:
            self._network.held.append(partial(self._answered, answer))
            return
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


class Wire(asyncio.Transport):
    """One end of a connection between two processes."""

    def __init__(self, network: Network, owner: Process | None, context: Context) -> None:
        super().__init__()
        self._network = network
        self._loop = network.loop
        self.owner = owner
        self._context = context
        self.protocol: asyncio.Protocol | None = None
        self.other: Wire | None = None
        self._heard_at = 0.0
        self.open = True

    def begin(self, factory: Callable[[], asyncio.Protocol], other: Wire) -> asyncio.Protocol:
        self.other = other
        self.protocol = factory()
        return self.protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.open and self.other is not None:
            self.other.will_hear(bytes(data))

    def will_hear(self, data: bytes) -> None:
        delay = self._network.delay() + (self._network.random.uniform(0, LATE_SECONDS) if self._network.announcements_late else 0.0)
        self._heard_at = max(self._heard_at, self._loop.now + delay)
        self._loop.call_at(self._heard_at, self._hear, data, context=self._context)

    def _hear(self, data: bytes) -> None:
        if not self.open or self.protocol is None:
            return
        if len(data) > 1 and self._network.random.random() < IN_PIECES:
            middle = self._network.random.randrange(1, len(data))
            self.protocol.data_received(data[:middle])
            data = data[middle:]
        if self.open:
            self.protocol.data_received(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        if self.open:
            self.open = False
            if self.other is not None:
                self.other.lose()

    close = abort

    def is_closing(self) -> bool:
        return not self.open

    def lose(self) -> None:
        """The other end is gone; this one hears of it."""
        if self.open:
            self._heard_at = max(self._heard_at, self._loop.now + self._network.delay())
            self._loop.call_at(self._heard_at, self._lost, context=self._context)

    def _lost(self) -> None:
        if self.open and self.protocol is not None:
            self.open = False
            self.protocol.connection_lost(ConnectionResetError("the connection was reset"))


class Server:
    """Where a process listens."""

    def __init__(self, factory: Callable[[], asyncio.Protocol], owner: Process | None, context: Context) -> None:
        self.factory = factory
        self.owner = owner
        self.context = context
        self.open = True

    def close(self) -> None:
        self.open = False


class Network:
    """Between the processes and the broker, and between processes."""

    def __init__(self, loop: VirtualLoop, broker: Broker, random: Random) -> None:
        self.loop = loop
        self.broker = broker
        self.random = random
        self.going = asyncio.Event()
        """The broker is not stopped."""
        self.going.set()
        self.held: list[Callable[[], None]] = []
        """Answers that a stopped broker has ready."""
        self._links: list[Link] = []
        self._wires: list[Wire] = []
        self._servers: dict[int, Server] = {}
        """By port."""
        self.announcements_late = False

    def delay(self) -> float:
        return self.random.uniform(0.0002, SLOWEST)

    def listen(self, factory: Callable[[], asyncio.Protocol], _host: str, port: int) -> Server:
        """As the loop's ``create_server``."""
        server = self._servers[port] = Server(factory, CURRENT.get(), copy_context())
        return server

    async def connect(self, factory: Callable[[], asyncio.Protocol], host: str, port: int) -> tuple[Any, asyncio.Protocol]:
        """As the loop's ``create_connection``."""
        await asyncio.sleep(self.delay())
        if host != BROKER_HOST:
            return self._connect(factory, port)
        if self.broker.away:
            raise ConnectionRefusedError("the broker is away")
        await self.going.wait()
        protocol = factory()
        link = Link(self, protocol, CURRENT.get(), copy_context())
        self._links = [other for other in self._links if other.open and not (other.owner is not None and other.owner.dead)]
        self._links.append(link)
        protocol.connection_made(link)
        return link, protocol

    def _connect(self, factory: Callable[[], asyncio.Protocol], port: int) -> tuple[Wire, asyncio.Protocol]:
        server = self._servers.get(port)
        if server is None or not server.open or (server.owner is not None and server.owner.dead):
            raise ConnectionRefusedError("no process listens")
        near, far = Wire(self, CURRENT.get(), copy_context()), Wire(self, server.owner, server.context)
        protocol = near.begin(factory, far)
        accepted = far.begin(server.factory, near)
        self._wires += [near, far]
        self.loop.call_at(self.loop.now + self.delay(), accepted.connection_made, far, context=server.context)
        protocol.connection_made(near)
        return near, protocol

    def ended(self, process: Process) -> None:
        """The process was killed: its connections are reset."""
        for wire in self._wires:
            if wire.owner is process:
                wire.abort()
        self._wires = [wire for wire in self._wires if wire.open]

    def cut_announcements(self) -> None:
        """Every connection between processes breaks."""
        for wire in self._wires:
            wire.lose()

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
        held, self.held = self.held, []
        for answer in held:
            answer()
        for link in self._links:
            link.work()
