"""Paper trading beside the publisher's own work: paper orders are filled as the history takes in the public trades.

It reads the history and not the event log, so it does not slow the publisher down, and a failure of it ends paper trading only.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from engine_container.attempts import Attempts, Reporter
from engine_container.metrics import Counter
from engine_container.paper.filling import Filling, Step
from engine_container.trade_database import TradePool

PAUSE_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 2.0
FORGET_SECONDS: Final = 3_600.0
FILLS: Final = Counter("paper_fills_total")


class PaperTrading:
    """``state`` is ``ok`` or what is wrong."""

    def __init__(self, pool: TradePool, shard: int, reporter: Reporter) -> None:
        self._filling = Filling(pool, shard)
        self._attempts = Attempts(pool, reporter, "no paper order is filled")
        self._forget_at = 0.0

    @property
    def state(self) -> str:
        return self._attempts.state

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            step = await self._attempts.result_of(self._step)
            if step is None:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            FILLS.add(step.fills)
            if not step.more:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _step(self) -> Step:
        step = await self._filling.step()
        if time.monotonic() >= self._forget_at:
            await self._filling.forget()
            self._forget_at = time.monotonic() + FORGET_SECONDS
        return step
