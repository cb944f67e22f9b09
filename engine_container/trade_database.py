"""Connections to the trade database for what writes there beside the history: paper trading and price alerts."""

from __future__ import annotations

from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

WAIT_SECONDS: Final = 2.0

TradeConnection = AsyncConnection[TupleRow]
TradePool = AsyncConnectionPool[TradeConnection]


def pool(url: str, *, connections_max: int) -> TradePool:
    """Closed at first; a connection is made when one is needed, and one that died meanwhile is not given out."""
    return AsyncConnectionPool(
        url,
        min_size=0,
        max_size=connections_max,
        open=False,
        timeout=WAIT_SECONDS,
        check=AsyncConnectionPool.check_connection,
        kwargs={"prepare_threshold": None, "autocommit": True, "options": "-c statement_timeout=5000 -c timezone=UTC"},
    )
