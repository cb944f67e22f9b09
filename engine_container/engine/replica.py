"""One copy of a shard's state, fed with command records, giving event records: nothing here does I/O."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from engine_container.core import machine
from engine_container.core.codec.record import TIME_PASSED, FailureReport, RecordBuffers, Result, apply_knowing, apply_packed, apply_record
from engine_container.core.codec.snapshot_codec import dismantle
from engine_container.core.failing import TELL, Failure, failure_of
from engine_container.core.state import NO_MARKET, State
from mycrypto.contracts import events as contract
from mycrypto.contracts.commands import Command, decode_record

EVENTS_PER_RECORD_MAX: Final = 5_000
"""Bounds what a reader takes in without a pause. Nearly every result is within it, so that it comes to its readers whole."""
RECORD_BYTES_MAX: Final = 800_000
"""Bounds an event record's results: with its head and those of a batch it stays below a broker's default message size, 1 MB."""

_HEAD_BYTES: Final = 64
"""Of a result, at most: its index and the heads of its arrays."""

COMPILED: Final = not str(machine.__file__).endswith(".py")

_encode = msgspec.msgpack.Encoder().encode
decode_results = msgspec.msgpack.Decoder(list[Result]).decode
"""From packed results to rows."""

_decode_packed = msgspec.msgpack.Decoder(list[tuple[int, bytes, list[msgspec.Raw]]]).decode
"""From packed results to their packed events: results are cut without decoding the events."""

Piece = tuple[int, bytes, list[msgspec.Raw]]
"""(A part of) a result: its index and command id, and its events as they are packed."""


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


def _no_report(state: State, command: Command | None, failure: Failure) -> None:
    """For callers that need no report of failures."""


def readable(payload: bytes) -> bytes | list[Command]:
    """A record as the core reads it best: compiled its bytes, interpreted, where msgspec is quicker, what they say.

    Raises ``msgspec.DecodeError`` on bytes that are no record, here or when they are carried out.
    """
    return payload if COMPILED else decode_record(payload)


def carry_out(
    state: State, record: bytes | list[Command], time_ms: int, buffers: RecordBuffers | None = None
) -> tuple[int, list[Result] | msgspec.Raw]:
    """Apply a record: how many commands it has, and the results of those that have events, as rows or packed. The events are the same."""
    if isinstance(record, bytes):
        count, packed = apply_packed(state, record, time_ms, buffers)
        return count, msgspec.Raw(packed)
    return len(record), apply_record(state, record, time_ms)


class Fault(RuntimeError):  # noqa: N818 - a defect was met; what it was is the cause of this
    """A command of a record failed, and the replica's state is of no use any more: see :meth:`Replica.begin_again`."""

    def __init__(self, offset: int, failure: Failure) -> None:
        super().__init__(f"the command at offset {offset}, place {failure.index}, failed: {failure.what}")
        self.offset = offset
        self.failure = failure


class HopelessError(RuntimeError):
    """A command fails whatever is done about it; ``str()`` says which."""


class Replica:
    """``next_offset`` is the place of the next command record to apply.

    A command that fails takes the state with it (:class:`Fault`). The state of before is made again: from a snapshot or from nothing, and the log up
    to there. No journal of changes could be proved as that can, which is how every engine starts, and commands that do not fail pay nothing for it.
    Then the record is carried out knowing what fails in it, and so is every replica's, whenever it comes to that place: nothing depends on what it
    began with.
    """

    def __init__(self, shard: int, state: State | None = None, next_offset: int = 0, told: FailureReport = _no_report) -> None:
        self.shard = shard
        self.state = State() if state is None else state
        self.next_offset = next_offset
        self.failures: dict[int, list[Failure]] = {}
        """What fails in the records of these offsets, as far as this process has met it."""
        self._buffers = RecordBuffers()
        self._told = told
        """Hears of each command that failed when its record is carried out, with the state as it is before."""
        self.commands = 0
        """Commands applied by this process."""
        self.refused_records = 0
        """Records that were no command records; they change nothing, for every replica alike."""

    def process(self, record: CommandRecord) -> list[EventBatch]:
        """Apply a record. One that cannot be decoded is passed over, as every replica does. Raises :class:`Fault`."""
        state = self.state
        first_seq = state.next_seq
        state.current = TIME_PASSED
        try:
            if record.offset in self.failures:
                commands = decode_record(record.payload)
                count = len(commands)
                results: list[Result] | msgspec.Raw = apply_knowing(
                    state, commands, record.time_ms, self.failures[record.offset], self._told
                )
            else:
                count, results = carry_out(state, readable(record.payload), record.time_ms, self._buffers)
        except msgspec.DecodeError:
            self.next_offset = record.offset + 1
            self.refused_records += 1
            return []
        except MemoryError:
            raise  # of this machine, not of the command: other replicas do not have it
        except Exception as error:
            raise Fault(record.offset, failure_of(state, error)) from error
        if state.next_seq == first_seq:
            batches: list[EventBatch] = []
        else:
            try:
                batches = self._batches(first_seq, record.offset, results)
            except Exception as error:
                # a figure that the log cannot hold; packed results have met it already, at their command
                raise Fault(record.offset, Failure(_unwritable(results), NO_MARKET, type(error).__name__)) from error
        self.next_offset = record.offset + 1
        self.commands += count
        return batches

    def begin_again(self, fault: Fault, state: State | None = None, next_offset: int = 0) -> None:
        """Note what failed, and go on from a state of before: the log up to the fault's offset is to be processed again, then its record.

        Raises :class:`HopelessError`.
        """
        self.note(fault)
        self.restart(State() if state is None else state, next_offset)

    def restart(self, state: State, next_offset: int) -> None:
        """Go on from another state; the one that there was is dropped."""
        if state is not self.state:
            dismantle(self.state)
        self.state = state
        self.next_offset = next_offset
        if next_offset == 0:
            self.commands = self.refused_records = 0

    def note(self, fault: Fault) -> None:
        """From now on this is known to fail, and if it was known, that what was done about it fails too. Raises :class:`HopelessError`."""
        new = fault.failure
        known = self.failures.setdefault(fault.offset, [])
        for failure in known:
            if failure.index == new.index and (new.index != TIME_PASSED or failure.market == new.market):
                if failure.grade == TELL:
                    raise HopelessError(str(fault))
                failure.grade += 1
                return
        known.append(new)

    def _batches(self, first_seq: int, offset: int, results: list[Result] | msgspec.Raw) -> list[EventBatch]:
        count = self.state.next_seq - first_seq
        time_ms = self.state.now_ms
        packed = results if isinstance(results, msgspec.Raw) else msgspec.Raw(_encode(results))
        if count <= EVENTS_PER_RECORD_MAX and _size(packed) <= RECORD_BYTES_MAX:
            return [self._batch(first_seq, count, offset, time_ms, packed, last=True)]
        batches: list[EventBatch] = []
        parts = cut(_decode_packed(packed), EVENTS_PER_RECORD_MAX, RECORD_BYTES_MAX)
        for number, part in enumerate(parts, 1):
            count = sum(len(events) for _, _, events in part)
            batches.append(self._batch(first_seq, count, offset, time_ms, part, last=number == len(parts)))
            first_seq += count
        return batches

    def _batch(
        self, first_seq: int, count: int, offset: int, time_ms: int, results: list[Piece] | msgspec.Raw, *, last: bool
    ) -> EventBatch:
        payload = _encode((contract.FORMAT_VERSION, self.shard, first_seq, offset, time_ms, last, results))
        return EventBatch(first_seq, first_seq + count, payload)


def _unwritable(results: list[Result] | msgspec.Raw) -> int:
    """The place of the first command whose events cannot be written."""
    for index, _, events in results if isinstance(results, list) else []:
        try:
            _encode(events)
        except Exception:  # noqa: BLE001 - whatever the encoder does not take
            return index
    return TIME_PASSED


def cut(results: list[Piece], events_max: int, bytes_max: int) -> list[list[Piece]]:
    """Parts of at most so many events and bytes. A result that is longer by itself is cut too, under the same index and id, and begins a part
    of its own; an event that is longer by itself goes alone.
    """
    parts: list[list[Piece]] = []
    part: list[Piece] = []
    events_left, bytes_left = events_max, bytes_max
    for index, command_id, events in results:
        sizes = [_size(event) for event in events]
        head = _HEAD_BYTES + len(command_id)
        if part and (len(events) > events_left or sum(sizes) + head > bytes_left):
            parts.append(part)
            part, events_left, bytes_left = [], events_max, bytes_max
        bytes_left -= head
        start = 0
        for place, size in enumerate(sizes):
            if place > start and (place - start >= events_left or size > bytes_left):
                part.append((index, command_id, events[start:place]))
                parts.append(part)
                part, events_left, bytes_left = [], events_max, bytes_max - head
                start = place
            bytes_left -= size
        part.append((index, command_id, events[start:]))
        events_left -= len(events) - start
    return [*parts, part]


def _size(packed: msgspec.Raw) -> int:
    return memoryview(packed).nbytes
