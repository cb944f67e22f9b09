"""``mycrypto engine restore-log``: the archived command log into an empty topic, under the offsets and times that it had.

With the same offsets, times and bytes an engine makes the same events under the same numbers, so ledger and history go on from their
watermarks as if nothing had happened. What the database knows decides how much of the archive may be used:

- a transfer that the database does not know was booked after the moment that the database was restored to. Its money is not in the
  ledger, so the log is cut before it;
- a watermark beyond the log's end means that the database has seen events that the archive cannot give: it has to be restored to an earlier moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from engine_container.engine.replica import CommandRecord, Fault, Replica
from engine_container.engine.snapshots import state_hash
from engine_container.tools.replay import Place
from mycrypto import archive, outbox
from mycrypto.contracts.commands import TOPIC, Credit, Debit, decode_record
from mycrypto.log_producer import KafkaAuth, auth_options

SENT_AT_ONCE: Final = 1_000
IDS_AT_ONCE: Final = 10_000
ACKNOWLEDGED_SECONDS: Final = 60
TIME_TYPE: Final = "message.timestamp.type"
"""The brokers' clock normally; while the log is restored, the records' own times."""

Progress = Callable[[int], None]


class RestoreError(RuntimeError):
    """The log cannot be restored as asked; ``str()`` says why and what to do."""


class Plan(msgspec.Struct, frozen=True):
    """How much of the archive fits the database. ``place`` is what an engine reaches with it; ``archived`` the archive's end."""

    place: Place
    archived: int
    last_ms: int
    commands: int
    cut_at: UUID | None = None
    """The transfer that the database does not know, if there is one."""


def survey(store: archive.ArchiveStore, shard: int, accounts_dsn: str = "", history_dsn: str = "") -> Plan:
    """Replay the archive and hold it against the databases, where they are given. Raises :class:`RestoreError`, ``ArchiveError``."""
    until, cut_at = (_unknown_transfer(store, shard, accounts_dsn) if accounts_dsn else None) or (archive.OFFSET_MAX, None)
    replica = Replica(shard)
    last_ms = 0
    while (fault := _carried_out(replica, store, shard, until)) is not None:
        replica.begin_again(fault)
    for record in archive.read(store, shard, max(0, replica.next_offset - 1)):
        if record.offset < until:
            last_ms = record.time_ms
        break
    for dsn in filter(None, (accounts_dsn, history_dsn)):
        _require_behind(dsn, shard, replica.state.next_seq)
    place = Place(replica.next_offset, replica.state.next_seq, state_hash(replica.state))
    return Plan(place, archive.end(store), last_ms, replica.commands, cut_at)


def _carried_out(replica: Replica, store: archive.ArchiveStore, shard: int, until: int) -> Fault | None:
    """Go through the archive; the first command that fails and is not known to."""
    try:
        for record in archive.read(store, shard):
            if record.offset >= until:
                break
            replica.process(CommandRecord(*record))
    except Fault as fault:
        return fault
    return None


def transfers_of(store: archive.ArchiveStore, shard: int, until: int = archive.OFFSET_MAX) -> dict[bytes, int]:
    """The offset of each transfer that the archived log asks for, up to (without) ``until``."""
    found: dict[bytes, int] = {}
    for record in archive.read(store, shard):
        if record.offset >= until:
            break
        with suppress(msgspec.DecodeError):
            for command in decode_record(record.payload):
                if isinstance(command, Credit | Debit):
                    found.setdefault(command.transfer_id, record.offset)
    return found


def _unknown_transfer(store: archive.ArchiveStore, shard: int, dsn: str) -> tuple[int, UUID] | None:
    """Offset and id of the first transfer in the log that the database does not know."""
    asked = iter(transfers_of(store, shard).items())
    with psycopg.connect(dsn, prepare_threshold=None) as connection:
        while some := list(islice(asked, IDS_AT_ONCE)):
            ids = [UUID(bytes=transfer_id) for transfer_id, _ in some]
            rows = connection.execute("SELECT transfer_id FROM transfers WHERE transfer_id = ANY(%s)", (ids,)).fetchall()
            known = {row[0].bytes for row in rows}
            for transfer_id, offset in some:
                if transfer_id not in known:
                    return offset, UUID(bytes=transfer_id)
    return None


def _require_behind(dsn: str, shard: int, next_seq: int) -> None:
    with psycopg.connect(dsn, prepare_threshold=None) as connection:
        rows = connection.execute("SELECT consumer, seq, event_time FROM projection_watermark WHERE shard = %s", (shard,)).fetchall()
    for consumer, seq, moment in rows:
        if seq >= next_seq:
            raise RestoreError(
                f"{consumer} has applied event {seq} of {moment:%Y-%m-%d %H:%M:%S} UTC, the archive leads to {next_seq - 1}: "
                f"restore that database to an earlier moment"
            )


def fill(
    store: archive.ArchiveStore, shard: int, until: int, servers: str, auth: KafkaAuth = "none", *, told: Progress = lambda _: None
) -> int:
    """Append the archived records before ``until`` to the empty topic; how many. No other process may write meanwhile.

    Raises :class:`RestoreError` if the topic holds something, or if a record got another place than it had.
    """
    from kafka import KafkaProducer

    options: dict[str, Any] = {"bootstrap_servers": servers.split(","), **auth_options(auth)}
    _require_empty(options, shard)
    done = 0
    with _own_times(options):
        producer = KafkaProducer(
            acks="all", enable_idempotence=True, compression_type="lz4", linger_ms=20, batch_size=512 * 1024, **options
        )
        try:
            records = archive.read(store, shard)
            while some := [record for record in islice(records, SENT_AT_ONCE) if record.offset < until]:
                pending = [producer.send(TOPIC, value=row.payload, partition=shard, timestamp_ms=row.time_ms) for row in some]
                for record, future in zip(some, pending, strict=True):
                    got = future.get(timeout=ACKNOWLEDGED_SECONDS).offset
                    if got != record.offset:
                        raise RestoreError(
                            f"offset {record.offset} became {got}: another process writes; stop gateways, engine and functions, "
                            f"delete and create the topic {TOPIC} and begin again"
                        )
                done += len(some)
                told(done)
        finally:
            producer.close(timeout=ACKNOWLEDGED_SECONDS)
    return done


def _require_empty(options: dict[str, Any], shard: int) -> None:
    from kafka import KafkaConsumer, TopicPartition

    partition = TopicPartition(TOPIC, shard)
    consumer = KafkaConsumer(**options)
    try:
        if shard not in (consumer.partitions_for_topic(TOPIC) or ()):
            raise RestoreError(f"there is no partition {shard} of {TOPIC}: create the topics first")
        end = consumer.end_offsets([partition])[partition]
    finally:
        consumer.close()
    if end:
        raise RestoreError(f"{TOPIC} holds {end} records already: a log is restored into an empty topic only, never over another")


@contextmanager
def _own_times(options: dict[str, Any]) -> Iterator[None]:
    """While the block runs the topic takes the records' times; after it, whatever happened, the brokers' clock rules again."""
    from kafka import KafkaAdminClient
    from kafka.admin import ConfigResource, ConfigResourceType

    admin = KafkaAdminClient(**options)
    try:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, {TIME_TYPE: "CreateTime"})])
        try:
            yield
        finally:
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, {TIME_TYPE: "LogAppendTime"})])
    finally:
        admin.close()


def send_again(store: archive.ArchiveStore, shard: int, until: int, accounts_dsn: str) -> int:
    """Let the outbox send what it had sent to the lost end of the log; how many commands. The engine drops what it knows."""
    known = transfers_of(store, shard, until)
    with psycopg.connect(accounts_dsn, prepare_threshold=None) as connection:
        return outbox.send_commands_again(connection, known.keys())
