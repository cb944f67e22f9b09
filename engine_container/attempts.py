"""Work beside the publishing that needs the trade database: trouble with it is told once, and ends nothing but that work."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from engine_container.trade_database import TradePool, while_it_answers

Result = TypeVar("Result")


class Reporter(Protocol):
    """The part of a logger that is needed."""

    def warning(self, msg: object, *args: object) -> None: ...
    def exception(self, msg: object, *args: object) -> None: ...


class Attempts:
    """``state`` is ``ok`` or what is wrong; ``consequence`` says what does not happen meanwhile."""

    def __init__(self, pool: TradePool, reporter: Reporter, consequence: str) -> None:
        self._pool = pool
        self._logger = reporter
        self._consequence = consequence
        self.state = "starting"

    async def result_of(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result | None:
        """What the work comes to, however long it is; ``None`` if it failed, whatever it raised, or the database has become silent."""
        try:
            result = await while_it_answers(self._pool, work())
        except (psycopg.OperationalError, PoolTimeout, OSError) as error:
            if self.state != "not reachable":
                self._logger.warning("the trade database is not reachable, %s: %s", self._consequence, error)
            self.state = "not reachable"
        except Exception:  # whatever it is, the publisher has other work to do
            self._logger.exception(self._consequence)
            self.state = "failing"
        else:
            self.state = "ok"
            return result
        return None
