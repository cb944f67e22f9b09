"""``mycrypto engine repair-events``: an event log with a hole, or one that no engine can go on from, made whole by replay.

A log only grows at its end, so a hole cannot be filled where it is. All that the log keeps is appended again behind its end, together
with what was missing: the same events, made from the commands again. Then what stands before is dropped. Readers go by the
numbers: those who have seen an event pass over it, those who stood before the hole go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec

from engine_container.engine.following import Following, numbers_of
from engine_container.engine.kafka import KafkaCommandSource
from engine_container.engine.ports import CommandSource, EventLogHoleError, Reached
from engine_container.engine.replica import EventBatch, Fault, Replica
from engine_container.engine.snapshots import save
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.partition import PartitionEnds, PartitionReader, PartitionWriter
from engine_container.snapshot_store import SnapshotStore
from engine_container.tools.brokers import broker_settings
from mycrypto.contracts import events
from mycrypto.log_producer import KafkaAuth, auth_options

SENT_AT_ONCE: Final = 500
Progress = Callable[[int, int], None]


class RepairError(RuntimeError):
    """The log cannot be repaired as asked; ``str()`` says why and what to do."""


class Hole(msgspec.Struct, frozen=True):
    """Events ``first`` to ``last`` are missing before the record at ``offset``."""

    first: int
    last: int
    offset: int


class Survey(msgspec.Struct, frozen=True):
    """What the event log holds: records of offsets ``begin`` up to, without, ``end``; events from ``first_seq`` on, before ``next_seq``."""

    begin: int
    end: int
    first_seq: int
    next_seq: int
    holes: list[Hole]
    witnesses: dict[int, bytes]
    """Some of its records by the numbers of their first events: the replay must give the same."""


class Report(msgspec.Struct, frozen=True):
    """What was done. ``next_seq`` follows the last event that the log holds now."""

    holes: list[Hole]
    next_seq: int
    appended: int
    dropped: int
    snapshot: str


async def survey(broker: BrokerSettings, shard: int) -> Survey:
    """Read the whole event log and name its holes. Raises :class:`engine_container.logs.ports.LogUnavailableError`."""
    ends = PartitionEnds(broker, events.TOPIC, shard)
    reader = PartitionReader(broker, events.TOPIC, shard)
    following, holes, witnesses = Following(), list[Hole](), dict[int, bytes]()
    try:
        begin, end = await ends.begin(), await ends.end()
        first_seq = 1 if begin == 0 else 0
        following.reached = Reached(begin, first_seq)
        before = b""
        reader.seek(begin)
        while reader.position < end:
            for record in await reader.read():
                numbers = numbers_of(record.payload, record.offset)
                try:
                    following.take(record.offset, record.payload)
                except EventLogHoleError as hole:
                    holes.append(Hole(hole.first, hole.last, hole.offset))
                    witnesses |= {numbers[0]: record.payload} | ({numbers_of(before, 0)[0]: before} if before else {})
                    following.reached = Reached(record.offset + 1, numbers[1])
                first_seq = first_seq or numbers[0]
                before = record.payload
        if before:
            witnesses[numbers_of(before, 0)[0]] = before
        return Survey(begin, end, first_seq or 1, max(following.reached.next_seq, 1), holes, witnesses)
    finally:
        ends.close()
        reader.close()


class Commands:
    """The command log from its first record on: the archive as far as Kafka does not go back."""

    def __init__(self, kafka: KafkaCommandSource, archived: CommandSource | None) -> None:
        self._kafka = kafka
        self._archived = archived

    async def replay(self, replica: Replica, made: Callable[[list[EventBatch]], Any], told: Progress) -> None:
        """Apply all of it; from its beginning once more for each command that fails, and ``made`` gets every event once. Raises :class:`RepairError`
        where a part is in neither.
        """
        next_seq = 1

        async def fresh(batches: list[EventBatch]) -> None:
            nonlocal next_seq
            new = [batch for batch in batches if batch.next_seq > next_seq]
            if new:
                next_seq = new[-1].next_seq
                await made(new)

        while True:
            try:
                await self._replay(replica, fresh, told)
            except Fault as fault:
                replica.begin_again(fault)
            else:
                return

    async def _replay(self, replica: Replica, made: Callable[[list[EventBatch]], Any], told: Progress) -> None:
        begin, end = await self._kafka.begin(), await self._kafka.end()
        if begin > 0:
            if self._archived is None:
                raise RepairError(f"the command log begins with offset {begin}: name the archive with --archive")
            kept = await self._archived.end()
            if kept < begin:
                raise RepairError(
                    f"the archive ends at offset {kept}, the command log begins with {begin}: the records between are in neither"
                )
            await self._apply(self._archived, replica, begin, made, told)
        await self._apply(self._kafka, replica, end, made, told)

    @staticmethod
    async def _apply(source: CommandSource, replica: Replica, end: int, made: Callable[[list[EventBatch]], Any], told: Progress) -> None:
        await source.open(replica.next_offset)
        while replica.next_offset < end:
            for record in await source.read():
                if replica.next_offset <= record.offset < end:
                    await made(replica.process(record))
            told(replica.next_offset, end)


class _Appending:
    """Takes the events of the replay: holds the witnesses against them, and appends what the log has to get."""

    def __init__(self, writer: PartitionWriter | None, found: Survey) -> None:
        self._writer = writer
        self._found = found
        self._from_seq = found.first_seq if found.holes else found.next_seq
        self._waiting: list[bytes] = []
        self._next_offset = found.end
        self.appended = 0

    async def __call__(self, batches: list[EventBatch]) -> None:
        for batch in batches:
            known = self._found.witnesses.get(batch.first_seq)
            if known is not None and events.decode_record(known).results != events.decode_record(batch.payload).results:
                raise RepairError(
                    f"the commands lead to other events from {batch.first_seq} on than the log holds: this is not its command log, or not its code"
                )
            if batch.next_seq > self._from_seq:
                self._waiting.append(batch.payload)
        if len(self._waiting) >= SENT_AT_ONCE:
            await self.flush()

    async def flush(self) -> None:
        some, self._waiting = self._waiting, []
        if some and self._writer is not None:
            first, next_offset = await self._writer.append(some)
            if first != self._next_offset or next_offset - first != len(some):
                raise RepairError("another process writes to the event log: stop the engines and begin again")
            self._next_offset = next_offset
        self.appended += len(some)


async def repair(
    servers: str,
    auth: KafkaAuth,
    shard: int,
    *,
    archived: CommandSource | None = None,
    store: SnapshotStore | None = None,
    dry_run: bool = False,
    told: Progress = lambda *_: None,
) -> Report:
    """Make the event log whole. Raises :class:`RepairError` or :class:`engine_container.logs.ports.LogUnavailableError`."""
    broker = broker_settings(servers, auth, "repair-events")
    found = await survey(broker, shard)
    writer = PartitionWriter(broker, events.TOPIC, shard)
    kafka = KafkaCommandSource(broker, shard)
    replica = Replica(shard)
    appending = _Appending(None if dry_run else writer, found)
    try:
        await Commands(kafka, archived).replay(replica, appending, told)
        await appending.flush()
    finally:
        writer.close()
        await kafka.close()
    if replica.state.next_seq < found.next_seq:
        raise RepairError(f"the commands lead to event {replica.state.next_seq - 1}, the event log is at {found.next_seq - 1} already")
    dropped, snapshot = 0, ""
    if not dry_run:
        if found.holes:
            await _require_whole(broker, shard, found.end, found.first_seq, replica.state.next_seq)
            await asyncio.to_thread(_drop_before, servers, auth, shard, found.end)
            dropped = found.end - found.begin
        if store is not None:
            reached = Reached(found.end + appending.appended, int(replica.state.next_seq))
            snapshot = await asyncio.to_thread(lambda: save(store, replica.state, shard, replica.next_offset, lambda: reached))
    return Report(found.holes, int(replica.state.next_seq), appending.appended, dropped, snapshot)


async def _require_whole(broker: BrokerSettings, shard: int, begin: int, first_seq: int, next_seq: int) -> None:
    """What was appended is read once more before anything is dropped."""
    ends = PartitionEnds(broker, events.TOPIC, shard)
    reader = PartitionReader(broker, events.TOPIC, shard)
    following = Following()
    following.reached = Reached(begin, first_seq)
    try:
        end = await ends.end()
        reader.seek(begin)
        while reader.position < end:
            for record in await reader.read():
                following.take(record.offset, record.payload)
    except EventLogHoleError as error:
        raise RepairError(f"what was appended is not whole: {error}") from error
    finally:
        ends.close()
        reader.close()
    if following.reached.next_seq != next_seq:
        raise RepairError(f"what was appended leads to event {following.reached.next_seq - 1}, not {next_seq - 1}: another process writes")


def _drop_before(servers: str, auth: KafkaAuth, shard: int, offset: int) -> None:
    from kafka import KafkaAdminClient, TopicPartition

    admin = KafkaAdminClient(bootstrap_servers=servers.split(","), client_id="repair-events", **auth_options(auth))
    try:
        admin.delete_records({TopicPartition(events.TOPIC, shard): offset})
    finally:
        admin.close()
