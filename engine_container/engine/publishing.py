"""Publishing: the active engine appends every event record that is not in the log yet, in order; a standby keeps them ready.

Which ones are there already is read from the log itself: at the start, at a take-over, and after every failure.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final

from aws_lambda_powertools import Logger

from engine_container.engine.ports import EventLogShortError, EventSink, Reached
from engine_container.engine.replica import EventBatch
from engine_container.logs.ports import LogUnavailableError

LOOK_SECONDS: Final = 0.2
"""How often a standby looks how far the log has come."""
WAITING_MAX: Final = 20_000
"""Event records that may wait; then no more commands are applied until some are gone."""
PER_APPEND_MAX: Final = 200


class Publisher:
    """``active`` decides whether it appends or watches."""

    def __init__(self, sink: EventSink, log: Logger) -> None:
        self._sink = sink
        self._log = log
        self._waiting: deque[EventBatch] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.active = False
        self.published_seq = 1
        """The first event that is not known to be in the log."""
        self.appended = 0
        self._sure = False
        self.reachable = False
        """Whether the event log answered when it was asked last."""
        self._activated = asyncio.Event()
        self._moved = asyncio.Event()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def leads(self) -> bool:
        """Whether this engine appends, and knows how far the log has come."""
        return self.active and self._sure

    async def look(self) -> None:
        """Read how far the log has come. Raises :class:`LogUnavailableError`, :class:`EventLogHoleError`, :class:`EventLogShortError`."""
        held = await self._sink.published()
        if held < self.published_seq:
            raise EventLogShortError(held, self.published_seq)
        self._drop(held)
        self.reachable = True

    def offer(self, batches: list[EventBatch]) -> None:
        """Event records in the order of their numbers."""
        for batch in batches:
            if batch.next_seq > self.published_seq:
                self._waiting.append(batch)
        if self._waiting:
            self._news.set()
            if len(self._waiting) >= WAITING_MAX:
                self._room.clear()

    async def room(self) -> None:
        """Wait while too much waits."""
        await self._room.wait()

    async def until_held(self, next_seq: int) -> Reached:
        """Wait until the log durably holds every event before this number; the place at which it does."""
        while self.published_seq < next_seq:
            self._moved.clear()
            await self._moved.wait()
        return self._sink.reached

    def set_active(self, *, active: bool) -> None:
        """Begin or cease to append."""
        if active != self.active:
            self.active = active
            self._sure = False
            (self._activated.set if active else self._activated.clear)()
            self._log.info("publishing" if active else "standing by", published_seq=self.published_seq, waiting=self.waiting)
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._step()
            except LogUnavailableError as error:
                self._sure = self.reachable = False
                self._log.warning("the event log is not available, trying again", reason=str(error), waiting=self.waiting)
                await asyncio.sleep(LOOK_SECONDS)

    async def _step(self) -> None:
        if not self.active:
            await self.look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._activated.wait()
            return
        if not self._sure:
            await self.look()
            self._sure = True
        if not self._waiting:
            self._news.clear()
            await self._news.wait()
            return
        batches = [self._waiting[place] for place in range(min(len(self._waiting), PER_APPEND_MAX))]
        await self._sink.append([batch.payload for batch in batches])
        self.reachable = True
        self.appended += len(batches)
        self._drop(batches[-1].next_seq)

    async def finish(self) -> None:
        """Append what still waits, if active: the last act of a graceful stop."""
        self._sure = False
        while self.active and self._waiting:
            if self._sure:
                await self._step()
            else:
                await self.look()
                self._sure = True

    def _drop(self, published_seq: int) -> None:
        self.published_seq = max(self.published_seq, published_seq)
        self._moved.set()
        waiting = self._waiting
        while waiting and waiting[0].next_seq <= self.published_seq:
            waiting.popleft()
        if len(waiting) < WAITING_MAX:
            self._room.set()
