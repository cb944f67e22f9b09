"""What a user's paper trades on a symbol add up to, as rows of ``paper_positions``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from engine_container.trade_database import TradeConnection
from mycrypto.positions import HOLDING_COLUMNS, Holding, holding_of_row, row_of_holding

_SET: Final = """
INSERT INTO paper_positions (user_id, symbol, quantity, cost, realized, opened_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (user_id, symbol) DO UPDATE
   SET quantity = excluded.quantity, cost = excluded.cost, realized = excluded.realized, opened_at = excluded.opened_at,
       updated_at = excluded.updated_at
"""


class Holdings:
    """Those of some users while orders are settled; a symbol that a user has not traded is an empty one."""

    def __init__(self) -> None:
        self._held: dict[tuple[bytes, str], Holding] = {}
        self._changed: dict[tuple[bytes, str], None] = {}

    async def read(self, connection: TradeConnection, users: Iterable[bytes]) -> None:
        rows = await connection.execute(
            f"SELECT user_id, {HOLDING_COLUMNS} FROM paper_positions WHERE user_id = ANY(%s)".encode(),  # noqa: S608 - constants alone
            ([UUID(bytes=user) for user in users],),
        )
        for user_id, *row in await rows.fetchall():
            self._held[user_id.bytes, row[0]] = holding_of_row(tuple(row))

    def of(self, user_id: bytes, symbol: str) -> Holding:
        """To be changed; it will be written."""
        key = user_id, symbol
        self._changed[key] = None
        if key not in self._held:
            self._held[key] = Holding(symbol)
        return self._held[key]

    async def write(self, connection: TradeConnection) -> None:
        """What was asked for with :meth:`of`."""
        async with connection.cursor() as cursor:
            await cursor.executemany(_SET, [(UUID(bytes=key[0]), *row_of_holding(self._held[key])) for key in self._changed])
