"""One copy of a shard's state, fed with command records, giving event records: nothing here does I/O."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from engine_container.core import machine
from engine_container.core.entities import State
from engine_container.core.records import Result, apply_packed, apply_record
from mycrypto.contracts import events as contract
from mycrypto.contracts.commands import Command, decode_record

EVENTS_PER_RECORD_MAX: Final = 2_000
"""Keeps an event record well under a broker's default message size of 1 MB."""

COMPILED: Final = not str(machine.__file__).endswith(".py")

_encode = msgspec.msgpack.Encoder().encode

decode_results = msgspec.msgpack.Decoder(list[Result]).decode
"""From packed results to rows."""


class CommandRecord(NamedTuple):
    """A record of the command log: its place, the broker's time of it, its bytes."""

    offset: int
    time_ms: int
    payload: bytes


class EventBatch(NamedTuple):
    """A record for the event log; its events are ``first_seq`` up to, without, ``next_seq``."""

    first_seq: int
    next_seq: int
    payload: bytes


def readable(payload: bytes) -> bytes | list[Command]:
    """A record as the core reads it best: compiled its bytes, interpreted, where msgspec is quicker, what they say.

    Raises ``msgspec.DecodeError`` on bytes that are no record, here or when they are carried out.
    """
    return payload if COMPILED else decode_record(payload)


def carry_out(state: State, record: bytes | list[Command], time_ms: int) -> tuple[int, list[Result] | msgspec.Raw]:
    """Apply a record: how many commands it has, and the results of those that have events, as rows or packed. The events are the same."""
    if isinstance(record, bytes):
        count, packed = apply_packed(state, record, time_ms)
        return count, msgspec.Raw(packed)
    return len(record), apply_record(state, record, time_ms)


class Replica:
    """``next_offset`` is the place of the next command record to apply."""

    def __init__(self, shard: int, state: State | None = None, next_offset: int = 0) -> None:
        self.shard = shard
        self.state = State() if state is None else state
        self.next_offset = next_offset
        self.commands = 0
        """Commands applied by this process."""
        self.refused_records = 0
        """Records that were no command records; they change nothing, for every replica alike."""

    def process(self, record: CommandRecord) -> list[EventBatch]:
        """Apply a record. One that cannot be decoded is passed over, as every replica does."""
        self.next_offset = record.offset + 1
        state = self.state
        first_seq = state.next_seq
        try:
            count, results = carry_out(state, readable(record.payload), record.time_ms)
        except msgspec.DecodeError:
            self.refused_records += 1
            return []
        self.commands += count
        return self._batches(first_seq, record.offset, results) if state.next_seq > first_seq else []

    def _batches(self, first_seq: int, offset: int, results: list[Result] | msgspec.Raw) -> list[EventBatch]:
        count = self.state.next_seq - first_seq
        time_ms = self.state.now_ms
        if count <= EVENTS_PER_RECORD_MAX:
            return [self._batch(first_seq, count, offset, time_ms, results, last=True)]
        if isinstance(results, msgspec.Raw):
            results = decode_results(results)
        batches: list[EventBatch] = []
        parts = _cut(results)
        for number, part in enumerate(parts, 1):
            count = sum(len(row[2]) for row in part)
            batches.append(self._batch(first_seq, count, offset, time_ms, part, last=number == len(parts)))
            first_seq += count
        return batches

    def _batch(
        self, first_seq: int, count: int, offset: int, time_ms: int, results: list[Result] | msgspec.Raw, *, last: bool
    ) -> EventBatch:
        payload = _encode((contract.FORMAT_VERSION, self.shard, first_seq, offset, time_ms, last, results))
        return EventBatch(first_seq, first_seq + count, payload)


def _cut(results: list[Result]) -> list[list[Result]]:
    """Parts of at most EVENTS_PER_RECORD_MAX events. A result that is longer by itself is cut too, under the same index and id."""
    parts: list[list[Result]] = [[]]
    room = EVENTS_PER_RECORD_MAX
    for index, command_id, events in results:
        start = 0
        if len(events) > room and room < EVENTS_PER_RECORD_MAX:
            parts.append([])
            room = EVENTS_PER_RECORD_MAX
        while start < len(events):
            if room == 0:
                parts.append([])
                room = EVENTS_PER_RECORD_MAX
            piece = events[start : start + room]
            parts[-1].append((index, command_id, piece))
            start += len(piece)
            room -= len(piece)
    return parts
