"""Event records cut into parts wherever one likes, as the engine cuts those that would be too long."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine_container.engine.replica import cut
from mycrypto.contracts import events as e

_PIECES = msgspec.msgpack.Decoder(list[tuple[int, bytes, list[msgspec.Raw]]])


def parts_of(record: e.EventRecord, events_max: int, bytes_max: int = 1 << 40) -> list[e.EventRecord]:
    """The same events in records of at most so many."""
    pieces = cut(_PIECES.decode(msgspec.msgpack.encode(record.results)), events_max, bytes_max)
    first_seq, parts = record.first_seq, []
    for number, part in enumerate(pieces, 1):
        head = (record.version, record.shard, first_seq, record.command_offset, record.time_ms, number == len(pieces))
        parts.append(e.decode_record(msgspec.msgpack.encode((*head, part))))
        first_seq = parts[-1].next_seq
    assert first_seq == record.next_seq
    return parts


def each_cut(record: e.EventRecord, look: Callable[[list[e.EventRecord]], None]) -> None:
    """Cut a record in two after each of its events."""
    for seq in range(record.first_seq + 1, record.next_seq):
        look(cut_at(record, seq))


def cut_at(record: e.EventRecord, seq: int) -> list[e.EventRecord]:
    """A record in two, the second of which begins with this event."""
    before: list[e.Result] = []
    after: list[e.Result] = []
    first = record.first_seq
    for result in record.results:
        place = min(max(0, seq - first), len(result.events))
        for part, made in ((before, result.events[:place]), (after, result.events[place:])):
            if made:
                part.append(e.Result(result.index, result.command_id, made))
        first += len(result.events)
    replace = msgspec.structs.replace
    return [replace(record, last=False, results=before), replace(record, first_seq=seq, results=after)]
