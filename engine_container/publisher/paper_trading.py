"""Paper trading beside the publisher's own work: paper orders are filled as the history takes in the public trades.

It reads the history and not the event log, so it slows nobody down, and trouble with it ends nothing but itself.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol

import psycopg
from psycopg_pool import PoolTimeout

from engine_container.metrics import Counter
from engine_container.paper.filling import Filling
from engine_container.trade_database import TradePool

PAUSE_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 2.0
FORGET_SECONDS: Final = 3_600.0
FILLS: Final = Counter("paper_fills_total")


class Reporter(Protocol):
    """The part of a logger that is needed."""

    def warning(self, msg: object, *args: object) -> None: ...
    def exception(self, msg: object, *args: object) -> None: ...


class PaperTrading:
    """``state`` is ``ok`` or what is wrong."""

    def __init__(self, pool: TradePool, shard: int, reporter: Reporter) -> None:
        self._filling = Filling(pool, shard)
        self._logger = reporter
        self.state = "starting"

    async def run(self) -> None:
        """Until cancelled."""
        forget_at = 0.0
        while True:
            try:
                step = await self._filling.step()
                if time.monotonic() >= forget_at:
                    await self._filling.forget()
                    forget_at = time.monotonic() + FORGET_SECONDS
            except (psycopg.OperationalError, PoolTimeout, OSError) as error:
                if self.state != "not reachable":
                    self._logger.warning("the trade database is not reachable, no paper order is filled: %s", error)
                self.state = "not reachable"
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # whatever it is, the publisher has other work to do
                self._logger.exception("paper orders cannot be filled")
                self.state = "failing"
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.state = "ok"
                FILLS.add(step.fills)
                if not step.more:
                    await asyncio.sleep(PAUSE_SECONDS)
