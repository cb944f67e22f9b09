"""What engine and gateway say to each other, without sockets: the test is the transport."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from hypothesis import given
from hypothesis import strategies as st

from engine_container.engine import announcer as engine_side
from engine_container.engine.announcer import Announcer, _Listener
from engine_container.engine.replica import EventBatch
from engine_container.logs.announcement_wire import HEAD, PAYLOAD_BYTES_MAX, FrameError, Frames, Leader, frame, read_leader
from engine_container.logs.announcements import Announcements

TOKEN = "t" * 32
BATCHES = [EventBatch(1, 3, b"first"), EventBatch(3, 4, b"second")]


class Wire:
    """Holds what was written."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.closed = True

    def get_write_buffer_size(self) -> int:
        return self.waiting


@given(st.lists(st.tuples(st.integers(0, 2**63), st.binary(max_size=40))), st.randoms(use_true_random=False))
def test_frames_come_whole_and_in_order_however_they_are_cut(said: list[tuple[int, bytes]], chance: Any) -> None:
    data = b"".join(frame(epoch, payload) for epoch, payload in said)
    frames, heard = Frames(), []
    while data:
        size = chance.randint(1, 9)
        heard += frames.take(data[:size])
        data = data[size:]
    assert heard == said


def test_a_frame_that_no_log_would_hold_is_refused() -> None:
    with pytest.raises(FrameError):
        Frames().take(HEAD.pack(PAYLOAD_BYTES_MAX + 1, 1))


@pytest.mark.parametrize("text", ["", "1 host 80", "x host 80 token", "1 host port token", "1 host 80 token more"])
def test_a_text_that_names_no_leader_is_none(text: str) -> None:
    assert read_leader(text) is None


def test_a_leader_is_read_as_it_was_written() -> None:
    leader = Leader(17, "10.0.0.7", 8085, TOKEN)
    assert read_leader(str(leader)) == leader


@pytest.fixture
def announcer() -> Announcer:
    return Announcer(TOKEN, Logger(service="test", level=logging.CRITICAL))


async def listener(announcer: Announcer, greeting: str = TOKEN) -> Wire:
    wire, protocol = Wire(), _Listener(announcer)
    protocol.connection_made(wire)  # type: ignore[arg-type] # what it uses of a transport
    if greeting:
        protocol.data_received(greeting.encode())
    return wire


def test_only_listeners_that_know_the_token_hear_and_only_under_an_epoch(announcer: Announcer) -> None:
    async def run() -> None:
        good, bad, silent = await listener(announcer), await listener(announcer, "x" * 32), await listener(announcer, "")
        announcer.announce(BATCHES)
        assert good.written == b"", "there is no epoch yet"
        announcer.lead(7)
        assert good.closed, "an engine that begins to lead begins with new listeners"
        good = await listener(announcer)
        announcer.announce(BATCHES)
        assert Frames().take(good.written) == [(7, b"first"), (7, b"second")]
        assert bad.closed
        assert bad.written == silent.written == b""

    asyncio.run(run())


def test_a_deposed_engine_leaves_its_listeners_and_says_nothing_more(announcer: Announcer) -> None:
    async def run() -> None:
        announcer.lead(7)
        wire = await listener(announcer)
        announcer.lead(0)
        announcer.announce(BATCHES)
        assert wire.closed
        assert wire.written == b""

    asyncio.run(run())


def test_a_listener_that_is_too_far_behind_or_one_too_many_is_left(announcer: Announcer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_side, "LISTENERS_MAX", 2)

    async def run() -> None:
        announcer.lead(7)
        slow, quick, third = await listener(announcer), await listener(announcer), await listener(announcer)
        assert third.closed
        slow.waiting = engine_side.WAITING_BYTES_MAX + 1
        announcer.announce(BATCHES)
        assert slow.closed
        assert Frames().take(quick.written) == [(7, b"first"), (7, b"second")]

    asyncio.run(run())


class Lookup:
    """Says who leads, and is the network."""

    def __init__(self) -> None:
        self.leader: Leader | None = None
        self.protocols: list[Any] = []
        self.wires: list[Wire] = []
        self.heard: list[bytes] = []
        self.announcements = Announcements(self.look, self.heard.append, logging.getLogger(__name__))

    async def look(self) -> Leader | None:
        return self.leader

    async def connect(self, factory: Any, _host: str, _port: int) -> tuple[Any, Any]:
        wire, protocol = Wire(), factory()
        protocol.connection_made(wire)
        self.protocols.append(protocol)
        self.wires.append(wire)
        return wire, protocol

    async def go_on(self, leader: Leader | None) -> None:
        self.leader = leader
        asyncio.get_running_loop().create_connection = self.connect  # type: ignore[assignment,method-assign]
        await self.announcements._look()


def test_a_gateway_hears_the_highest_epoch_alone() -> None:
    lookup = Lookup()

    async def run() -> None:
        await lookup.go_on(Leader(5, "a", 1, TOKEN))
        lookup.protocols[0].data_received(frame(5, b"one") + frame(4, b"of an earlier time"))
        await lookup.go_on(Leader(5, "a", 1, TOKEN))
        assert len(lookup.wires) == 1, "it listens already"
        assert lookup.wires[0].written == TOKEN.encode()
        await lookup.go_on(Leader(6, "b", 1, TOKEN))
        assert lookup.wires[0].closed
        lookup.protocols[0].data_received(frame(5, b"of the deposed") + frame(6, b"in another's name"))
        lookup.protocols[1].data_received(frame(6, b"two"))
        await lookup.go_on(Leader(5, "a", 1, TOKEN))
        assert len(lookup.wires) == 2, "an older leader is not gone back to"

    asyncio.run(run())
    assert lookup.heard == [b"one", b"two"]


def test_a_lost_connection_is_made_again_and_an_unknown_leader_changes_nothing() -> None:
    lookup = Lookup()
    listening: list[bool] = []

    async def run() -> None:
        await lookup.go_on(None)
        listening.append(lookup.announcements.listening)
        await lookup.go_on(Leader(5, "a", 1, TOKEN))
        await lookup.go_on(None)
        listening.append(lookup.announcements.listening)
        lookup.protocols[0].connection_lost(None)
        listening.append(lookup.announcements.listening)
        await lookup.go_on(lookup.leader or Leader(5, "a", 1, TOKEN))
        lookup.protocols[1].data_received(HEAD.pack(PAYLOAD_BYTES_MAX + 1, 5))
        assert lookup.wires[1].closed, "what it says is no announcement"

    asyncio.run(run())
    assert listening == [False, True, False]
    assert len(lookup.wires) == 2
