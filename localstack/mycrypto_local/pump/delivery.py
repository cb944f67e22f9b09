"""How a batch gets to its function: in order, again when it fails, cut in two when that may help, given up when the mapping says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mycrypto_local.pump.document import Record, msk_event
from mycrypto_local.pump.invoker import FunctionFailedError, Invoker, NotInvokedError
from mycrypto_local.pump.sources import FOR_EVER, EventSource

BACK_OFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
log = logging.getLogger("pump")


@dataclass(slots=True)
class Trouble:
    """What a mapping is struggling with; all empty when it is fine."""

    failures: int = 0
    error: str = ""

    def clear(self) -> None:
        self.failures, self.error = 0, ""

    def note(self, error: str) -> None:
        self.failures, self.error = self.failures + 1, error


@dataclass(slots=True)
class Delivery:
    """Delivers batches of one mapping. ``committed`` is awaited with each stretch of records that is done with, in order."""

    source: EventSource
    invoker: Invoker
    bootstrap: str
    committed: Callable[[Sequence[Record]], Awaitable[None]]
    trouble: Trouble = field(default_factory=Trouble)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def deliver(self, batch: Sequence[Record]) -> None:
        """Return when every record was taken by the function or given up. A function that fails for ever is tried for ever."""
        waiting = [batch]
        while waiting:
            records = waiting.pop()
            if await self._taken(records):
                await self.committed(records)
            else:
                middle = len(records) // 2
                waiting += [records[middle:], records[:middle]]

    async def _taken(self, records: Sequence[Record]) -> bool:
        """False asks for the batch to be cut in two."""
        tries = 0
        while True:
            try:
                await self.invoker.invoke(self.source.function, msk_event(records, self.bootstrap))
            except NotInvokedError as error:  # says nothing about the records: costs no try, cuts nothing
                self.trouble.note(str(error))
                log.warning("%s: not invoked: %s", self.source.name, error)
            except FunctionFailedError as error:
                self.trouble.note(str(error))
                log.warning("%s: failed at offsets %d-%d: %s", self.source.name, records[0].offset, records[-1].offset, error)
                if self.source.bisect_on_error and len(records) > 1:
                    return False
                tries += 1
                if self.source.retries_max != FOR_EVER and tries > self.source.retries_max:
                    await self._give_up(records, tries)
                    return True
            else:
                self.trouble.clear()
                return True
            await self.sleep(self._pause())

    async def _give_up(self, records: Sequence[Record], tries: int) -> None:
        log.error("%s: gave up offsets %d-%d after %d tries", self.source.name, records[0].offset, records[-1].offset, tries)
        while self.source.dead_letter_queue:
            try:
                await self.invoker.give_up(self.source.dead_letter_queue, self.source.function, records, tries)
            except NotInvokedError as error:
                self.trouble.note(str(error))
                await self.sleep(self._pause())
            else:
                break
        self.trouble.clear()

    def _pause(self) -> float:
        return BACK_OFF_SECONDS[min(self.trouble.failures, len(BACK_OFF_SECONDS)) - 1]
