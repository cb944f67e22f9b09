"""The two logs as lists."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine_container.engine.following import Following
from engine_container.engine.ports import BEGINNING, Reached
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
        self.commands_first = 0
        """The first command that is kept."""

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

    async def begin(self) -> int:
        self.logs.check()
        return self.logs.commands_first

    async def end(self) -> int:
        self.logs.check()
        return len(self.logs.commands)

    async def close(self) -> None:
        return


class MemorySink:
    """Follows the log as the real one does. ``refusing`` says of an append how many of its records are taken before it fails; ``None``: all
    is well.
    """

    def __init__(self, logs: Logs) -> None:
        self.logs = logs
        self._following = Following()
        self.refusing: Callable[[list[bytes]], int | None] = lambda _: None
        self.away = False
        """The event log alone does not answer."""

    @property
    def reached(self) -> Reached:
        return self._following.reached

    def follow_from(self, place: Reached) -> None:
        self._following.reached = place

    async def published(self) -> int:
        self._check()
        following = self._following
        if following.reached.offset > len(self.logs.events) or following.reached == BEGINNING:
            following.reached = Reached(0, 1)
        for offset in range(following.reached.offset, len(self.logs.events)):
            following.take(offset, self.logs.events[offset])
        return following.reached.next_seq

    async def append(self, payloads: list[bytes]) -> None:
        self._check()
        await asyncio.sleep(0)
        taken = self.refusing(payloads)
        first = len(self.logs.events)
        self.logs.events.extend(payloads[:taken])
        if taken is not None:
            raise LogUnavailableError("refused")
        if self.logs.lose_answers:
            self.logs.lose_answers -= 1
            raise LogUnavailableError("no answer came")
        self._following.appended(first, len(self.logs.events), payloads)

    async def append_command(self, payload: bytes) -> None:
        self.logs.check()
        self.logs.put_bytes(payload)

    def _check(self) -> None:
        self.logs.check()
        if self.away:
            raise LogUnavailableError("the event log is away")

    async def close(self) -> None:
        return
