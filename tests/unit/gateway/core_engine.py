"""The real core behind the logs in memory: what is appended is carried out at once, and its events are there to be read."""

from __future__ import annotations

import msgspec

from engine_container.core.machine import advance, apply
from engine_container.core.state import State
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from tests.unit.gateway.memory_logs import NOW_MS, MemoryEvents


class CoreEngine:
    """A command log that the core reads without delay. ``time_ms`` is the clock of the log."""

    def __init__(self, log: MemoryEvents) -> None:
        self.log = log
        self.state = State()
        self.offset = 0
        self.time_ms = NOW_MS

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def append(self, payload: bytes) -> None:
        self.carry_out(c.decode_record(payload))

    def carry_out(self, batch: list[c.Command]) -> bytes | None:
        """One record of commands; the record of their events, if there are any."""
        self.time_ms += 1
        first_seq = self.state.next_seq
        results: list[tuple[int, bytes, list[object]]] = [(0, b"", list(advance(self.state, self.time_ms)))]
        results += [
            (index, command.command_id, list(apply(self.state, command, self.time_ms)))
            for index, command in enumerate(c.decode_record(c.encode_record(batch)))
        ]
        self.offset += 1
        if self.state.next_seq == first_seq:
            return None
        payload = msgspec.msgpack.encode(
            (e.FORMAT_VERSION, 0, first_seq, self.offset - 1, self.time_ms, True, [r for r in results if r[2]])
        )
        self.log.records.append(payload)
        return payload
