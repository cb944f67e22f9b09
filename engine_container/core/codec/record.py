"""A record of the command log carried out: its commands to rows of events, or its bytes to the bytes of what they came to.

Both are the same machine. Rows are for code that looks at events and for a core that is interpreted; from bytes to bytes, a plain command needs no
object for itself, its fields and its events.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from librt.strings import BytesWriter, write_i16_be, write_i32_be, write_i64_be
from mypy_extensions import i32, i64, u8

from engine_container.core.codec.command_reader import OTHER, PLACE, CommandReader
from engine_container.core.codec.event_writer import PackedEvents, write_array_head, write_int
from engine_container.core.codec.prefetch import prefetch
from engine_container.core.entities import Event
from engine_container.core.failing import Failure, fail, is_time_lost
from engine_container.core.machine import advance, apply, cancel_one, pass_over, place_order
from engine_container.core.state import NO_MARKET, State
from mycrypto.contracts.commands import Command, decode_record
from mycrypto.contracts.events import packed

Result = tuple[int, bytes, list[Event]]
"""What a command came to: its place in the record, its id, its events."""

FailureReport = Callable[[State, Command | None, Failure], None]

_RESULT_HEAD: Final = 0x9300C410 - 0x100000000
"""How the result of a command begins: an array of 3, its place in the record (0 here), the head of an id of 16 bytes."""
_ID_HEAD: Final = 0xC410 - 0x10000

TIME_PASSED: Final = -1
"""The place of what came due before the record's commands: it answers no command."""


def apply_record(state: State, commands: list[Command], time_ms: int) -> list[Result]:
    """Advance to the record's time and carry out its commands; the results that have events."""
    results: list[Result] = []
    _at(state, TIME_PASSED)
    due = advance(state, time_ms)
    if due:
        results.append((TIME_PASSED, b"", due))
    for index, command in enumerate(commands):
        _at(state, index)
        events = apply(state, command, time_ms)
        if events:
            results.append((index, command.command_id, events))
    return results


def apply_knowing(state: State, commands: list[Command], time_ms: int, failures: list[Failure], told: FailureReport) -> list[Result]:
    """:func:`apply_record`, knowing which of its commands fail, on a state that the failures have left no trace in.

    ``told`` hears of each of them, with the state as it is before.
    """
    results: list[Result] = []
    _at(state, TIME_PASSED)
    due: list[Event] = []
    for failure in failures:
        if failure.index == TIME_PASSED:
            told(state, None, failure)
            due.extend(fail(state, None, failure))
            _at(state, TIME_PASSED)
    due.extend(pass_over(state, time_ms) if is_time_lost(failures, TIME_PASSED) else advance(state, time_ms))
    if due:
        results.append((TIME_PASSED, b"", due))
    for index, command in enumerate(commands):
        _at(state, index)
        failed = _failed_at(failures, index)
        if failed is not None:
            told(state, command, failed)
        events = apply(state, command, time_ms) if failed is None else fail(state, command, failed)
        if events:
            results.append((index, command.command_id, events))
    return results


def _at(state: State, index: i64) -> None:
    state.current = index
    state.market = NO_MARKET


def _failed_at(failures: list[Failure], index: i64) -> Failure | None:
    for failure in failures:
        if failure.index == index:
            return failure
    return None


class RecordBuffers:
    """What one record after the other is read into, and its events are written to. Nothing in them means anything between two records; they are kept
    so that they stay in the processor's caches.
    """

    __slots__ = ("body", "closed", "events", "reader")

    def __init__(self) -> None:
        self.reader = CommandReader()
        self.body = BytesWriter()
        self.events = PackedEvents(self.body)
        self.closed = PackedEvents(BytesWriter())


def apply_packed(state: State, payload: bytes, time_ms: int, buffers: RecordBuffers | None = None) -> tuple[int, bytes]:
    """:func:`apply_record` from bytes to bytes: how many commands a record of the log has, and the MessagePack of the results that have events.

    b"" where there are none. Raises ``msgspec.DecodeError``, and does nothing, where the bytes are no record.
    """
    if buffers is None:
        buffers = RecordBuffers()
    buffers.reader.read(payload)
    return apply_read(state, buffers, time_ms)


def apply_read(state: State, buffers: RecordBuffers, time_ms: int) -> tuple[int, bytes]:
    """:func:`apply_packed` for a record that has been read."""
    reader = buffers.reader
    messages: list[Command] = []
    if reader.has_others or reader.count < 0:
        messages = decode_record(reader.payload)
    count = reader.count if reader.count >= 0 else i64(len(messages))
    command = reader.command
    body = buffers.body
    body.truncate(0)
    events = buffers.events
    closed = buffers.closed
    closed.clear()
    prefetch(state, reader)
    _at(state, TIME_PASSED)
    due = advance(state, time_ms)
    results: i64 = 1 if due else 0
    expected = count + results
    write_array_head(body, expected)
    head = i64(len(body))
    if due:
        body.write(packed((TIME_PASSED, b"", due)))
    index: i64 = 0
    while index < count:
        state.current = index
        state.market = NO_MARKET
        kind = reader.show(index) if reader.count >= 0 else i64(OTHER)
        begin = i64(len(body))
        if kind == OTHER:
            message = messages[index] if messages else decode_record(reader.alone(index))[0]
            rows = apply(state, message, time_ms)
            if rows:
                results += 1
                body.write(packed((index, message.command_id, rows)))
            index += 1
            continue
        if index < 0x80:
            write_i32_be(body, i32(_RESULT_HEAD + (index << 16)))
        else:
            body.append(0x93)
            write_int(body, index)
            write_i16_be(body, _ID_HEAD)
        write_i64_be(body, command.command_high)
        write_i64_be(body, command.command_low)
        place_of_count = i64(len(body))
        body.append(0x90)
        events.count = 0
        if kind == PLACE:
            place_order(state, command, events, closed)
        else:
            cancel_one(state, command, events, closed)
        if closed.count != 0:
            closed.clear()
        if events.count == 0:
            body.truncate(begin)
        else:
            results += 1
            if events.count < 16:
                body[place_of_count] = u8(0x90 + events.count)
            else:
                _make_room(body, place_of_count, place_of_count + 1, events.count)
        index += 1
    if results == 0:
        return count, b""
    if results < expected:  # a command without events: nearly every one has some
        _make_room(body, 0, head, results)
    return count, body.getvalue()


def _make_room(body: BytesWriter, place: i64, end: i64, count: i64) -> None:
    """The array whose head stands between two places gets the head of as many items, which may be longer or shorter."""
    items = body.getvalue()[end:]
    body.truncate(place)
    write_array_head(body, count)
    body.write(items)
