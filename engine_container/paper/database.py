"""The trade database as paper trading uses it: its connections, and the watermark that orders its transactions.

Whoever places or cancels shares the watermark, whoever fills holds it alone. So a fill sees every order whole, no order comes to be behind
the trades that have been looked at, and nobody waits longer than one step of the filling.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

CONSUMER: Final = "paper"
WAIT_SECONDS: Final = 2.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

PaperConnection = AsyncConnection[TupleRow]
PaperPool = AsyncConnectionPool[PaperConnection]


def pool(url: str, *, connections_max: int) -> PaperPool:
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


async def make_watermark(connection: PaperConnection, shard: int) -> None:
    """The row to lock, where it is missing."""
    await connection.execute(
        "INSERT INTO projection_watermark (consumer, shard, seq, event_time) VALUES (%s, %s, 0, %s) ON CONFLICT DO NOTHING",
        (CONSUMER, shard, _EPOCH),
    )


async def share_watermark(connection: PaperConnection, shard: int) -> int:
    """The number of the last trade that was looked at; it stays the last one until the transaction ends."""
    query = "SELECT seq FROM projection_watermark WHERE consumer = %s AND shard = %s FOR SHARE"
    row = await (await connection.execute(query, (CONSUMER, shard))).fetchone()
    if row is None:
        await make_watermark(connection, shard)
        row = await (await connection.execute(query, (CONSUMER, shard))).fetchone()
    return int(row[0]) if row else 0
