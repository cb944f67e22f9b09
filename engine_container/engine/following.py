"""Follows the numbers of the event log, record by record: what it holds is read, and a hole in it is known at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from engine_container.engine.ports import BEGINNING, EventLogHoleError, EventLogShortError, Reached
from engine_container.logs.ports import LogUnavailableError
from mycrypto.contracts.events import FORMAT_VERSION, TOPIC


class _Result(msgspec.Struct, frozen=True, gc=False, array_like=True):
    index: int
    command_id: bytes
    events: list[msgspec.Raw]


class _Record(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An event record as the contract has it, its events left undecoded: they are only counted."""

    version: int
    shard: int
    first_seq: int
    command_offset: int
    time_ms: int
    last: bool
    results: list[_Result]


_decoder: Final = msgspec.msgpack.Decoder(_Record)


def numbers_of(payload: bytes, offset: int) -> tuple[int, int]:
    """The number of a record's first event, and of the one after its last. Raises :class:`LogUnavailableError` for what is no event record."""
    try:
        record = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LogUnavailableError(f"{TOPIC}: offset {offset} holds no event record: {error}") from error
    if record.version != FORMAT_VERSION:
        raise LogUnavailableError(f"{TOPIC}: offset {offset} is of the unknown format {record.version}")
    return record.first_seq, record.first_seq + sum(len(result.events) for result in record.results)


class Following:
    """``reached`` grows with each record. Records may come again (two engines, an append whose answer was lost): they add nothing."""

    def __init__(self) -> None:
        self.reached = BEGINNING

    def take(self, offset: int, payload: bytes) -> None:
        """The next record. Raises :class:`EventLogHoleError` if events are missing before it, and stays where it was."""
        first_seq, next_seq = numbers_of(payload, offset)
        expected = self.reached.next_seq
        if expected and first_seq > expected:
            raise EventLogHoleError(expected, first_seq - 1, offset)
        self.reached = Reached(offset + 1, max(expected, next_seq))

    def appended(self, first: int, next_offset: int, payloads: Sequence[bytes]) -> None:
        """Our own records were acknowledged. With those of another writer before or between them the log has to be read.

        Raises :class:`EventLogShortError` where they stand before what was known to be there.
        """
        if first < self.reached.offset:
            raise EventLogShortError(0, self.reached.next_seq)
        if first == self.reached.offset and next_offset - first == len(payloads):
            _, next_seq = numbers_of(payloads[-1], next_offset - 1)
            self.reached = Reached(next_offset, max(self.reached.next_seq, next_seq))
