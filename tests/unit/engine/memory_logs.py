"""The two logs as lists."""

from __future__ import annotations

import asyncio

from engine_container.engine.replica import CommandRecord
from engine_container.logs.ports import LogUnavailableError
from mycrypto.contracts import events
from mycrypto.contracts.commands import Command, encode_record


class Logs:
    """What all engines of a shard share. ``broken`` makes every access fail; ``lose_answers`` appends and then fails once."""

    def __init__(self) -> None:
        self.commands: list[CommandRecord] = []
        self.events: list[bytes] = []
        self.broken = False
        self.lose_answers = 0
        self.now_ms = 1_800_000_000_000

    def put(self, *commands: Command) -> None:
        self.put_bytes(encode_record(list(commands)))

    def put_bytes(self, payload: bytes) -> None:
        self.now_ms += 1
        self.commands.append(CommandRecord(len(self.commands), self.now_ms, payload))

    def check(self) -> None:
        if self.broken:
            raise LogUnavailableError("the broker is away")

    def seqs(self) -> list[int]:
        """Numbers of all events in the log, in its order."""
        return [seq for payload in self.events for seq, _, _ in events.decode_record(payload).numbered()]


class MemorySource:
    def __init__(self, logs: Logs) -> None:
        self.logs = logs
        self.place = 0

    async def open(self, offset: int) -> None:
        self.logs.check()
        self.place = offset

    async def read(self) -> list[CommandRecord]:
        self.logs.check()
        await asyncio.sleep(0.001)
        records = self.logs.commands[self.place : self.place + 10]
        self.place += len(records)
        return records

    async def end(self) -> int:
        self.logs.check()
        return len(self.logs.commands)

    async def close(self) -> None:
        return


class MemorySink:
    def __init__(self, logs: Logs) -> None:
        self.logs = logs

    async def published(self) -> int:
        self.logs.check()
        return max((events.decode_record(payload).next_seq for payload in self.logs.events), default=1)

    async def append(self, payloads: list[bytes]) -> None:
        self.logs.check()
        await asyncio.sleep(0)
        self.logs.events.extend(payloads)
        if self.logs.lose_answers:
            self.logs.lose_answers -= 1
            raise LogUnavailableError("no answer came")

    async def append_command(self, payload: bytes) -> None:
        self.logs.check()
        self.logs.put_bytes(payload)

    async def close(self) -> None:
        return
