"""Defects of engine, logs, gateway and views."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

import msgspec

from engine_container.engine.announcer import Announcer
from engine_container.engine.kafka import KafkaCommandSource, KafkaEventSink
from engine_container.engine.ports import Reached
from engine_container.engine.process import Engine
from engine_container.engine.publishing import Publisher
from engine_container.engine.replica import CommandRecord, EventBatch, Replica
from engine_container.engine.snapshots import Bounds
from engine_container.gateway.barrier import Barrier
from engine_container.gateway.parts import Gateway
from engine_container.gateway.submit import Commands, UnansweredError, _Group
from engine_container.logs import wire
from engine_container.logs.feed import Feed
from engine_container.logs.partition import REQUEST_SECONDS_MAX, Appended, PartitionWriter
from engine_container.logs.ports import LogUnavailableError
from engine_container.logs.wire import Api
from engine_container.publisher.snapshots import SnapshotSaver
from engine_container.views.projection import Projection
from mycrypto.contracts.events import EventRecord, decode_record

Patch = AbstractContextManager[Any]
TIME_PLACE, RESULTS_PLACE = 4, 6
"""Of an event record."""


def missing_is_said_without_a_barrier() -> Patch:
    """A look-up answers 404 from the views as they are (issue 17, A.2)."""

    async def complete_views(self: Gateway, _seconds_max: float) -> Projection:
        return self.require_views()

    return patch.object(Gateway, "complete_views", complete_views)


def a_barrier_serves_who_comes_later() -> Patch:
    """A request that comes while a barrier is under way is given its answer, which is about an older log."""
    real = Barrier.passed

    async def passed(self: Barrier, seconds_max: float) -> bool:
        if self._under_way is not None and not self._under_way.done():
            return await asyncio.shield(self._under_way)
        return await real(self, seconds_max)

    return patch.object(Barrier, "passed", passed)


def a_failed_append_of_events_counts_as_done() -> Patch:
    """The engine goes on after an append whose outcome it does not know: a hole."""
    real = KafkaEventSink.append

    async def append(self: KafkaEventSink, payloads: list[bytes]) -> None:
        try:
            await real(self, payloads)
        except LogUnavailableError:
            return

    return patch.object(KafkaEventSink, "append", append)


def a_failed_append_of_commands_counts_as_not_sent() -> Patch:
    """The gateway says that nothing was done, when it only knows that no answer came."""

    def init(self: UnansweredError, *, sent: bool) -> None:
        self.sent = False

    return patch.object(UnansweredError, "__init__", init)


def what_was_given_up_is_sent_all_the_same() -> Patch:
    """A request whose time is up before it was sent is answered 503, and its command goes out."""

    def take(self: Commands) -> list[_Group]:
        groups = list(self._queue)
        self._queue.clear()
        self._queued = 0
        return groups

    return patch.object(Commands, "_take", take)


def repeated_records_are_applied_again() -> Patch:
    """The views take in an event record that comes twice."""
    real = Projection.apply

    def apply(self: Projection, record: EventRecord) -> bool:
        if record.next_seq <= self.watermark + 1:
            self.watermark = record.first_seq - 1
        return real(self, record)

    return patch.object(Projection, "apply", apply)


def an_engine_skips_a_command_when_it_reads_on() -> Patch:
    real = KafkaCommandSource.open

    async def open_(self: KafkaCommandSource, offset: int) -> None:
        await real(self, offset + 1 if offset else 0)

    return patch.object(KafkaCommandSource, "open", open_)


def an_engine_has_a_clock_of_its_own() -> Patch:
    """Events bear the time at which an engine saw a command, and not the log's."""
    real = Replica.process

    def process(self: Replica, record: CommandRecord) -> list[EventBatch]:
        return real(self, record._replace(time_ms=record.time_ms + time.time_ns() // 1_000_000 % 2))

    return patch.object(Replica, "process", process)


def a_deposed_engine_takes_no_second_look() -> Patch:
    """An engine that takes over passes over what it had ready, as if the other one had written it all."""
    real = Publisher.set_active

    def set_active(self: Publisher, *, active: bool) -> None:
        if active and not self.active and self.published_seq > 1:
            self._waiting.clear()
        real(self, active=active)

    return patch.object(Publisher, "set_active", set_active)


class _Always:
    """An attribute that is true whatever is written to it."""

    def __get__(self, *_: object) -> bool:
        return True

    def __set__(self, *_: object) -> None:
        return


def a_snapshot_may_be_ahead_of_the_event_log() -> Patch:
    """It is saved while its events wait, and trusted at a start (issue 17, A.1; issue 11, A.4)."""

    async def until_held(self: Publisher, _next_seq: int) -> Reached:
        return self._sink.reached

    real = Bounds.why_not

    def why_not(self: Bounds, snapshot: Any) -> str:
        return real(self._replace(next_seq=snapshot.next_seq), snapshot)

    async def all_is_held(_: Engine) -> bool:
        return True

    stack = ExitStack()
    stack.enter_context(patch.object(Publisher, "until_held", until_held))
    stack.enter_context(patch.object(Publisher, "reachable", _Always(), create=True))
    stack.enter_context(patch.object(Engine, "_all_is_held", all_is_held))
    stack.enter_context(patch.object(Bounds, "why_not", why_not))
    return stack


def a_start_asks_once_where_the_commands_end() -> Patch:
    """What another engine publishes meanwhile is taken for events without commands."""
    real = KafkaCommandSource.end

    async def end(self: KafkaCommandSource) -> int:
        found: int | None = self.__dict__.get("said")
        if found is None:
            found = self.__dict__["said"] = await real(self)
        return found

    return patch.object(KafkaCommandSource, "end", end)


def parts_are_sent_without_waiting() -> Patch:
    """A broker that refuses the first part may take the second (issue 11, A.5)."""

    async def append(self: PartitionWriter, payloads: list[bytes]) -> Appended:
        connection = await self._connected()
        try:
            bodies = [self._requests.produce(wire.record_batch([each], 0), 4_000) for each in payloads]
            answers = [connection.request(Api.PRODUCE, body, REQUEST_SECONDS_MAX) for body in bodies]
            offsets = [self._requests.produce_answer(await answer) for answer in answers]
        except OSError as error:
            raise self._failure(error) from error
        return Appended(offsets[0], offsets[-1] + 1)

    return patch.object(PartitionWriter, "append", append)


def views_are_saved_between_two_parts() -> Patch:
    """A snapshot of the views knows nothing of what they hold back until the last part of a result is there (issue 11, B.8)."""

    def look(self: SnapshotSaver, views: Projection, last: Any) -> None:
        with patch.object(Projection, "is_whole", new=True), patch.object(Projection, "between_parts", lambda _: None):
            real(self, views, last)

    real = SnapshotSaver.look
    return patch.object(SnapshotSaver, "look", look)


def announcements_are_applied_across_a_gap() -> Patch:
    """A gateway takes what an engine announces next for what comes next."""
    real = Feed.announced_record

    def announced_record(self: Feed, payload: bytes) -> None:
        if self.ready:
            self.projection.watermark = max(self.projection.watermark, decode_record(payload).first_seq - 1)
        real(self, payload)

    return patch.object(Feed, "announced_record", announced_record)


def another_outcome_is_announced_than_is_appended() -> Patch:
    """What a listener hears bears the time of the engine, what the log gets has the log's."""
    real = Announcer.announce

    def announce(self: Announcer, batches: list[EventBatch]) -> None:
        said = []
        for batch in batches:
            parts = msgspec.msgpack.decode(batch.payload, type=list[Any])
            parts[TIME_PLACE] += 1
            said.append(batch._replace(payload=msgspec.msgpack.encode(parts)))
        real(self, said)

    return patch.object(Announcer, "announce", announce)


def an_engine_announces_the_outcome_of_another_command() -> Patch:
    """It announces an outcome under the number of the next one: a listener takes it for the next command's."""
    held: dict[int, EventBatch] = {}
    real = Announcer.announce

    def announce(self: Announcer, batches: list[EventBatch]) -> None:
        said = []
        for batch in batches:
            before, held[id(self)] = held.get(id(self)), batch
            if before is not None and before.next_seq - before.first_seq == batch.next_seq - batch.first_seq:
                parts, earlier = (msgspec.msgpack.decode(each.payload, type=list[Any]) for each in (batch, before))
                parts[RESULTS_PLACE] = earlier[RESULTS_PLACE]
                said.append(batch._replace(payload=msgspec.msgpack.encode(parts)))
            else:
                said.append(batch)
        real(self, said)

    return patch.object(Announcer, "announce", announce)


DEFECTS = (
    missing_is_said_without_a_barrier,
    a_barrier_serves_who_comes_later,
    a_failed_append_of_events_counts_as_done,
    a_failed_append_of_commands_counts_as_not_sent,
    what_was_given_up_is_sent_all_the_same,
    repeated_records_are_applied_again,
    an_engine_skips_a_command_when_it_reads_on,
    an_engine_has_a_clock_of_its_own,
    a_deposed_engine_takes_no_second_look,
    a_snapshot_may_be_ahead_of_the_event_log,
    a_start_asks_once_where_the_commands_end,
    parts_are_sent_without_waiting,
    views_are_saved_between_two_parts,
    announcements_are_applied_across_a_gap,
    another_outcome_is_announced_than_is_appended,
    an_engine_announces_the_outcome_of_another_command,
)
