"""Price alerts as rows: made, listed, changed and deleted by their owners. The publisher fires them."""

# ruff: noqa: S608 - only constants of this module are put into the texts of queries; values are always parameters

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from psycopg.rows import TupleRow

from engine_container.trade_history.trade_store import TradeStore
from mycrypto.contracts.api import AlertConditionName
from mycrypto.errors import ProblemError
from mycrypto.money import from_numeric, to_numeric
from mycrypto.projection import milliseconds, moment

ALERTS_MAX: Final = 10
"""Of a user, at the same time."""

_COLUMNS: Final = "id, symbol, condition, price, created_at"


class PriceAlert(msgspec.Struct, frozen=True):
    """``price`` is in units of 10^-8, the time in epoch milliseconds."""

    id: UUID
    symbol: str
    condition: AlertConditionName
    price: int
    created_ms: int


class AlertStore(TradeStore):
    """What has fired is not there any more, although its mail may still be on its way."""

    async def add(self, user_id: bytes, alert: PriceAlert) -> None:
        """Raises ALERT_LIMIT."""
        owner = UUID(bytes=user_id)
        async with self._connection() as connection, connection.transaction():
            # one at a time for each user, or two at once would both find room
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"price_alerts:{owner}",))
            made = await connection.execute(
                "INSERT INTO price_alerts (id, user_id, symbol, condition, price, created_at) SELECT %s, %s, %s, %s, %s, %s"
                " WHERE (SELECT count(*) FROM price_alerts WHERE user_id = %s AND fired_at IS NULL) < %s",
                (alert.id, owner, alert.symbol, alert.condition, to_numeric(alert.price), moment(alert.created_ms), owner, ALERTS_MAX),
            )
            if not made.rowcount:
                raise ProblemError("ALERT_LIMIT", f"at most {ALERTS_MAX} alerts; delete one first", limit=ALERTS_MAX)

    async def all(self, user_id: bytes) -> list[PriceAlert]:
        """A user's alerts, oldest first."""
        rows = await self._rows(
            f"SELECT {_COLUMNS} FROM price_alerts WHERE user_id = %s AND fired_at IS NULL ORDER BY created_at, id", (UUID(bytes=user_id),)
        )
        return [_alert(row) for row in rows]

    async def get(self, user_id: bytes, alert_id: UUID) -> PriceAlert | None:
        return await self._one(
            f"SELECT {_COLUMNS} FROM price_alerts WHERE id = %s AND user_id = %s AND fired_at IS NULL", alert_id, user_id
        )

    async def change(self, user_id: bytes, alert_id: UUID, condition: AlertConditionName | None, price: int) -> PriceAlert | None:
        """``None`` and 0 keep what the alert has."""
        return await self._one(
            "UPDATE price_alerts SET condition = coalesce(%s, condition), price = coalesce(%s, price)"
            f" WHERE id = %s AND user_id = %s AND fired_at IS NULL RETURNING {_COLUMNS}",
            condition,
            to_numeric(price) if price else None,
            alert_id,
            user_id,
        )

    async def remove(self, user_id: bytes, alert_id: UUID) -> PriceAlert | None:
        return await self._one(
            f"DELETE FROM price_alerts WHERE id = %s AND user_id = %s AND fired_at IS NULL RETURNING {_COLUMNS}", alert_id, user_id
        )

    async def _one(self, sql: str, *parameters: object) -> PriceAlert | None:
        rows = await self._rows(sql, [UUID(bytes=value) if isinstance(value, bytes) else value for value in parameters])
        return _alert(rows[0]) if rows else None


def _alert(row: TupleRow) -> PriceAlert:
    alert_id, symbol, condition, price, created_at = row
    return PriceAlert(alert_id, symbol, condition, from_numeric(price), milliseconds(created_at))
