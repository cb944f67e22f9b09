"""What happened to paper orders, as sockets tell it: a log of changes, numbered, that the database keeps beside the orders."""

# ruff: noqa: S608 - only constants are put into the texts of queries; values are always parameters

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

from psycopg.rows import TupleRow

from engine_container.paper import rules
from engine_container.paper.accounts import ORDER_COLUMNS
from engine_container.trade_history.order_rows import order_of_row
from engine_container.trade_history.trade_store import TradeStore
from engine_container.views.orders import Order
from mycrypto.contracts.trading import FINAL_STATUSES, OrderStatus
from mycrypto.projection import milliseconds

_AFTER: Final = f"""
SELECT {ORDER_COLUMNS}, sequence, status_then, changed_at
  FROM paper_orders
  JOIN (SELECT sequence, order_number AS number, status::text AS status_then, changed_at
          FROM paper_order_changes
          JOIN unnest(%s::uuid[], %s::bigint[]) AS seen (owner, last) ON user_id = owner AND sequence > last
         ORDER BY sequence
         LIMIT %s) AS change USING (number)
 ORDER BY sequence
"""

_CHANGED: Final = f"""
SELECT {ORDER_COLUMNS}, sequence
  FROM paper_orders
  JOIN (SELECT order_number AS number, max(sequence) AS sequence
          FROM paper_order_changes
         WHERE user_id = %s AND sequence > %s
         GROUP BY order_number
         ORDER BY 2 DESC
         LIMIT %s) AS change USING (number)
 ORDER BY sequence
"""


class PaperChange(NamedTuple):
    """An order as it was after a change. ``sequence`` grows with each change of a user; ``action`` is the word of sockets."""

    sequence: int
    action: str
    time_ms: int
    order: Order


class PaperChanges(TradeStore):
    """Raises SERVICE_UNAVAILABLE where the database does not answer."""

    async def newest(self, user_id: bytes) -> int:
        """The number of the user's last change; 0 for none."""
        rows = await self._rows("SELECT coalesce(max(sequence), 0) FROM paper_order_changes WHERE user_id = %s", (UUID(bytes=user_id),))
        return int(rows[0][0])

    async def after(self, seen: Mapping[bytes, int], limit: int) -> list[PaperChange]:
        """The changes of each user after the one that was seen last, in their order."""
        users = [UUID(bytes=user_id) for user_id in seen]
        return [_change(row) for row in await self._rows(_AFTER, (users, list(seen.values()), limit))]

    async def changed(self, user_id: bytes, last_sequence: int, limit: int) -> list[tuple[int, Order]]:
        """The newest of the orders that changed after a change, as they are now, each with the number of its last change."""
        rows = await self._rows(_CHANGED, (UUID(bytes=user_id), last_sequence, limit))
        return [(int(row[-1]), order_of_row(row[:-1])) for row in rows]


def _change(row: TupleRow) -> PaperChange:
    *columns, sequence, status_then, changed_at = row
    order, status, time_ms = order_of_row(tuple(columns)), OrderStatus[status_then], milliseconds(changed_at)
    if status not in FINAL_STATUSES:  # what came of it later is told later
        order.status, order.updated_ms = status, time_ms
        order.filled = order.value = order.fee = order.closed_ms = 0
        order.reason = ""
        if status is OrderStatus.PENDING_TRIGGER:
            order.triggered_ms = 0
    return PaperChange(int(sequence), _action(order), time_ms, order)


def _action(order: Order) -> str:
    if order.status in FINAL_STATUSES:
        return order.status.name.lower()
    return "created" if order.status is rules.first_status(order.type) else "triggered"
