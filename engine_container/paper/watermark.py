"""The watermark that orders the transactions of paper trading.

Placing and cancelling take a shared lock on the watermark; filling locks it exclusively. So a fill sees every order whole, no order is placed
behind the trades that have been looked at, and no request waits longer than one step of the filling.
"""

from __future__ import annotations

from typing import Final

from engine_container.trade_database import TradeConnection
from mycrypto.projection import moment

CONSUMER: Final = "paper"


async def make_watermark(connection: TradeConnection, shard: int) -> None:
    """The row to lock, where it is missing."""
    await connection.execute(
        "INSERT INTO projection_watermark (consumer, shard, seq, event_time) VALUES (%s, %s, 0, %s) ON CONFLICT DO NOTHING",
        (CONSUMER, shard, moment(0)),
    )


async def share_watermark(connection: TradeConnection, shard: int) -> int:
    """The number of the last trade that was looked at; it stays the last one until the transaction ends."""
    query = "SELECT seq FROM projection_watermark WHERE consumer = %s AND shard = %s FOR SHARE"
    row = await (await connection.execute(query, (CONSUMER, shard))).fetchone()
    if row is None:
        await make_watermark(connection, shard)
        row = await (await connection.execute(query, (CONSUMER, shard))).fetchone()
    return int(row[0]) if row else 0
