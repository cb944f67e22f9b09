"""How a consumer of ``engine-events`` applies each event exactly once, whatever is repeated.

Lambda hands over a batch of records; the consumer locks its watermark, drops what is not above it, applies the rest and moves the
watermark, all in one transaction. A gap means that events were lost on the way: the consumer stops rather than go on without them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from psycopg import Connection

from mycrypto.contracts import events

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SequenceGapError(RuntimeError):
    """Events are missing between the watermark and the batch; nothing was applied."""


class Numbered(NamedTuple):
    """An event with its number and its log time (epoch milliseconds)."""

    seq: int
    time_ms: int
    event: events.Event


def moment(time_ms: int) -> datetime:
    """Epoch milliseconds as a UTC datetime, exactly."""
    return _EPOCH + timedelta(milliseconds=time_ms)


def milliseconds(time: datetime | None) -> int:
    """Epoch milliseconds of a moment, exactly; 0 for none."""
    if time is None:
        return 0
    delta = time - _EPOCH
    return delta.days * 86_400_000 + delta.seconds * 1_000 + delta.microseconds // 1_000


def records_by_shard(event: Mapping[str, Any]) -> dict[int, list[events.EventRecord]]:
    """The records of an MSK (or self-managed Kafka) Lambda event, by shard, in the order of their offsets.

    Raises ``msgspec.DecodeError`` for a record that is none of ours, ``KeyError`` for an event of another source.
    """
    shards: dict[int, list[events.EventRecord]] = {}
    for batch in event["records"].values():
        for record in sorted(batch, key=lambda item: int(item["offset"])):
            decoded = events.decode_record(base64.b64decode(record["value"]))
            shards.setdefault(decoded.shard, []).append(decoded)
    return shards


def fresh(records: Iterable[events.EventRecord], watermark: int) -> Iterator[Numbered]:
    """The events above the watermark, in order. Raises :class:`SequenceGapError` where one is missing."""
    expected = watermark + 1
    for record in records:
        if record.next_seq <= expected:
            continue
        if record.first_seq > expected:
            raise SequenceGapError(f"shard {record.shard}: events {expected} to {record.first_seq - 1} are missing")
        for seq, _, event in record.numbered():
            if seq >= expected:
                yield Numbered(seq, record.time_ms, event)
        expected = record.next_seq


def lock_watermark(connection: Connection, consumer: str, shard: int) -> int:
    """The number of the last event that the consumer applied (0 at first), locked until the end of the transaction."""
    query = "SELECT seq FROM projection_watermark WHERE consumer = %s AND shard = %s FOR UPDATE"
    row = connection.execute(query, (consumer, shard)).fetchone()
    if row is None:
        connection.execute(
            "INSERT INTO projection_watermark (consumer, shard, seq, event_time) VALUES (%s, %s, 0, %s) ON CONFLICT DO NOTHING",
            (consumer, shard, _EPOCH),
        )
        row = connection.execute(query, (consumer, shard)).fetchone()
    return int(row[0]) if row else 0


def move_watermark(connection: Connection, consumer: str, shard: int, last: Numbered) -> None:
    """Say that everything up to ``last`` is applied."""
    connection.execute(
        "UPDATE projection_watermark SET seq = %s, event_time = %s, updated_at = now() WHERE consumer = %s AND shard = %s",
        (last.seq, moment(last.time_ms), consumer, shard),
    )
