"""What the stores of the gateway that write to the trade database have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import PoolTimeout

from engine_container.trade_database import TradeConnection, TradePool
from mycrypto.errors import ProblemError

CONNECTIONS_MAX: Final = 4


class TradeStore:
    """Raises SERVICE_UNAVAILABLE where the database does not answer."""

    def __init__(self, pool: TradePool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[TradeConnection]:
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout) as error:
            detail = "the trade database does not answer now; nothing was changed"
            raise ProblemError("SERVICE_UNAVAILABLE", detail, headers={"Retry-After": "1"}) from error

    async def _rows(self, sql: str, parameters: Sequence[object]) -> list[TupleRow]:
        async with self._connection() as connection:
            return await (await connection.execute(sql.encode(), parameters)).fetchall()
