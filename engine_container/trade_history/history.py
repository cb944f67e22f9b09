"""Orders and trades that have left memory, read from the history database. A row becomes the same view object as a live one."""

# ruff: noqa: S608 - only constants of this module are put into the texts of queries; values are always parameters

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg.rows import TupleRow

from engine_container.trade_database import TradePool, answered
from engine_container.trade_history.order_rows import Narrowed, OrderFilter, narrow, order_of_row, page_of_orders
from engine_container.trade_history.pages import Page
from engine_container.views.minutes import Minute
from engine_container.views.orders import Order
from engine_container.views.trades import OwnFill, TradeRecord
from mycrypto.contracts import api
from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import Side
from mycrypto.ids import trading_uuid
from mycrypto.money import from_numeric
from mycrypto.positions import HOLDING_COLUMNS, Holding, holding_of_row
from mycrypto.projection import milliseconds, moment

CONSUMER: Final = "history"
CONNECTIONS_MAX: Final = 8
FILLS_MAX: Final = api.LISTED_MAX + 1
"""Of an order that is looked up: one more than an answer lists, which says that there are more."""
_NO_USER: Final = bytes(16)

_ORDER_COLUMNS: Final = (
    "number, created_at, user_id, client_order_id, symbol, side::text, order_type::text, time_in_force::text, quantity, price, quote_quantity,"
    " post_only, stop_price, display_quantity, trail_bps, activation_price, expires_at, status::text, updated_at, last_seq, filled_quantity,"
    " filled_value, fee, triggered_at, filled_at, cancelled_at, reason, reason_details,"
    " oco_number, replaces_number, replaces_created_at"
)
_TRADE_COLUMNS: Final = (
    "number, executed_at, symbol, price, quantity, is_buyer_maker, buyer_order_id, buyer_order_number, buyer_user_id, buyer_fee,"
    " seller_order_id, seller_order_number, seller_user_id, seller_fee, marked"
)


class History:
    """Raises SERVICE_UNAVAILABLE where an answer would need the database and it does not answer."""

    def __init__(self, pool: TradePool, shard: int) -> None:
        self._shard = shard
        self._pool = pool

    async def open(self) -> None:
        """Begin connecting, in the background."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=1)

    async def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[TupleRow]:
        return await answered(self._read(sql, parameters), "the history cannot be read now")

    async def _read(self, sql: str, parameters: Sequence[object]) -> list[TupleRow]:
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(sql.encode(), parameters)
            return await cursor.fetchall()

    async def watermark(self) -> int:
        """The last event that the history has taken in; 0 when none."""
        rows = await self._rows("SELECT seq FROM projection_watermark WHERE consumer = %s AND shard = %s", (CONSUMER, self._shard))
        return int(rows[0][0]) if rows else 0

    async def order(self, created_ms: int, number: int) -> Order | None:
        """By id, with its fills; the time in the id names the partition."""
        order_id = trading_uuid(created_ms, number, self._shard)
        rows = await self._rows(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE order_id = %s AND created_at = %s", (order_id, moment(created_ms))
        )
        return await self._with_fills(order_of_row(rows[0])) if rows else None

    async def order_by_client_id(self, user_id: bytes, client_order_id: str) -> Order | None:
        """The newest accepted order of this name, or the newest refused one."""
        rows = await self._rows(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE client_order_id = %s AND user_id = %s"
            " ORDER BY (status = 'REJECTED'), created_at DESC, number DESC LIMIT 1",
            (client_order_id, UUID(bytes=user_id)),
        )
        return await self._with_fills(order_of_row(rows[0])) if rows else None

    async def _with_fills(self, order: Order) -> Order:
        order_id = trading_uuid(order.created_ms, order.number, self._shard)
        rows = await self._rows(
            f"SELECT {_TRADE_COLUMNS} FROM trades WHERE (buyer_order_id = %s OR seller_order_id = %s) AND executed_at >= %s"
            " AND executed_at <= %s ORDER BY executed_at, number LIMIT %s",
            (order_id, order_id, moment(order.created_ms), moment(order.updated_ms), FILLS_MAX),
        )
        for row in rows:
            record = self._trade(row)
            order.fills.append(OwnFill(record, is_maker=record.trade.maker_order == order.number))
        return order

    async def orders(self, wanted: OrderFilter, page: Page, without: Sequence[int]) -> list[Order]:
        """One row more than the page's limit, if there are so many; ``without`` are numbers that memory knows better."""
        text, parameters = page_of_orders(self._narrowed(wanted, without), wanted, page)
        rows = await self._rows(f"SELECT {_ORDER_COLUMNS} FROM orders {text}", parameters)
        return [order_of_row(row) for row in rows]

    async def count_orders(self, wanted: OrderFilter, without: Sequence[int]) -> int:
        narrowed = self._narrowed(wanted, without)
        rows = await self._rows(f"SELECT count(*) FROM orders {narrowed.where}", narrowed.parameters)
        return int(rows[0][0])

    def _narrowed(self, wanted: OrderFilter, without: Sequence[int]) -> Narrowed:
        narrowed = narrow(wanted)
        narrowed.add("shard = %s", self._shard)
        if without:
            narrowed.add("number <> ALL(%s)", list(without))
        return narrowed

    async def trade(self, executed_ms: int, number: int) -> TradeRecord | None:
        rows = await self._rows(
            f"SELECT {_TRADE_COLUMNS} FROM trades WHERE trade_id = %s AND executed_at = %s",
            (trading_uuid(executed_ms, number, self._shard), moment(executed_ms)),
        )
        return self._trade(rows[0]) if rows else None

    async def trades_before(self, symbol: str, number: int, executed_ms: int, limit: int) -> list[TradeRecord]:
        """A symbol's trades that are older than this one, newest first."""
        rows = await self._rows(
            f"SELECT {_TRADE_COLUMNS} FROM trades WHERE symbol = %s AND (executed_at, number) < (%s, %s)"
            " ORDER BY executed_at DESC, number DESC LIMIT %s",
            (symbol, moment(executed_ms), number, limit),
        )
        return [self._trade(row) for row in rows]

    async def trades_from(self, symbol: str, first: int, through: int, from_ms: int, to_ms: int, limit: int) -> list[TradeRecord]:
        """A symbol's trades with numbers from ``first`` to ``through`` of a period (its end exclusive), oldest first."""
        rows = await self._rows(
            f"SELECT {_TRADE_COLUMNS} FROM trades WHERE symbol = %s AND number >= %s AND number <= %s AND executed_at >= %s"
            " AND executed_at < %s ORDER BY number LIMIT %s",
            (symbol, first, through, moment(from_ms), moment(to_ms), limit),
        )
        return [self._trade(row) for row in rows]

    async def own_fills_from(
        self, user_id: bytes, symbol: str, first: int, through: int, period: tuple[int, int], limit: int
    ) -> list[OwnFill]:
        """As :meth:`trades_from`, of one user; a trade with oneself gives two."""
        user = UUID(bytes=user_id)
        rows = await self._rows(
            f"SELECT {_TRADE_COLUMNS} FROM trades WHERE symbol = %s AND (buyer_user_id = %s OR seller_user_id = %s) AND number >= %s"
            " AND number <= %s AND executed_at >= %s AND executed_at < %s ORDER BY number LIMIT %s",
            (symbol, user, user, first, through, moment(period[0]), moment(period[1]), limit),
        )
        return [fill for row in rows for fill in _sides_of(self._trade(row), user_id)]

    async def order_by_number(self, user_id: bytes, number: int) -> Order | None:
        """A user's order, with its fills."""
        rows = await self._rows(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE user_id = %s AND number = %s AND shard = %s",
            (UUID(bytes=user_id), number, self._shard),
        )
        return await self._with_fills(order_of_row(rows[0])) if rows else None

    async def orders_from(
        self, user_id: bytes, symbol: str, first: int, period: tuple[int, int], limit: int, *, newest: bool
    ) -> list[Order]:
        """A user's orders of a symbol with numbers from ``first`` on, created in a period (its end exclusive), oldest first; ``newest``: the
        last ones, if there are more.
        """
        rows = await self._rows(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE user_id = %s AND symbol = %s AND number >= %s AND created_at >= %s"
            f" AND created_at < %s AND shard = %s ORDER BY number {'DESC' if newest else 'ASC'} LIMIT %s",
            (UUID(bytes=user_id), symbol, first, moment(period[0]), moment(period[1]), self._shard, limit),
        )
        found = [order_of_row(row) for row in rows]
        return found[::-1] if newest else found

    async def linked_orders(self, user_id: bytes, first: int, period: tuple[int, int], limit: int, *, newest: bool) -> list[Order]:
        """A user's orders that came in pairs, as :meth:`orders_from`, of all symbols."""
        rows = await self._rows(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE user_id = %s AND oco_number IS NOT NULL AND number >= %s AND created_at >= %s"
            f" AND created_at < %s AND shard = %s ORDER BY number {'DESC' if newest else 'ASC'} LIMIT %s",
            (UUID(bytes=user_id), first, moment(period[0]), moment(period[1]), self._shard, limit),
        )
        found = [order_of_row(row) for row in rows]
        return found[::-1] if newest else found

    async def own_fills(
        self, user_id: bytes, symbol: str | None, before: tuple[int, int], limit: int, *, order_number: int | None = None
    ) -> list[OwnFill]:
        """A user's fills with (time, number) below ``before``, newest first; a trade with oneself gives two."""
        user = UUID(bytes=user_id)
        conditions = "(executed_at, number) < (%s, %s)"
        parameters: list[Any] = [moment(before[0]), before[1]]
        if symbol is not None:
            conditions += " AND symbol = %s"
            parameters.append(symbol)
        if order_number is not None:
            conditions += " AND (buyer_order_number = %s OR seller_order_number = %s)"
            parameters += [order_number, order_number]
        one = f"(SELECT {_TRADE_COLUMNS} FROM trades WHERE {{}}_user_id = %s AND {conditions} ORDER BY executed_at DESC, number DESC LIMIT %s)"
        rows = await self._rows(
            f"SELECT * FROM ({one.format('buyer')} UNION {one.format('seller')}) AS own ORDER BY executed_at DESC, number DESC",
            [user, *parameters, limit, user, *parameters, limit],
        )
        return [fill for row in rows for fill in _sides_of(self._trade(row), user_id)]

    async def positions(self, user_id: bytes, symbol: str | None) -> list[tuple[Holding, int]]:
        """What a user's trades in the history add up to, by symbol, each with the number of the last trade in it."""
        narrowed = narrow(OrderFilter(user_id=user_id, symbol=symbol))
        rows = await self._rows(
            f"SELECT last_number, {HOLDING_COLUMNS} FROM positions {narrowed.where} ORDER BY symbol", narrowed.parameters
        )
        return [(holding_of_row(row), int(last_number)) for last_number, *row in rows]

    async def minutes(self, symbol: str, from_ms: int, to_ms: int) -> list[Minute]:
        """Traded minutes of a symbol, oldest first."""
        rows = await self._rows(
            "SELECT date_trunc('minute', executed_at), (array_agg(price ORDER BY number))[1], max(price), min(price),"
            " (array_agg(price ORDER BY number DESC))[1], sum(quantity), sum(value), count(*),"
            " coalesce(sum(quantity) FILTER (WHERE NOT is_buyer_maker), 0), coalesce(sum(value) FILTER (WHERE NOT is_buyer_maker), 0),"
            " min(number), max(number), (array_agg(quantity ORDER BY number DESC))[1] FROM trades"
            " WHERE symbol = %s AND executed_at >= %s AND executed_at < %s GROUP BY 1 ORDER BY 1",
            (symbol, moment(from_ms), moment(to_ms)),
        )
        found: list[Minute] = []
        for start, opened, high, low, closed, volume, value, count, *taken, first, last, quantity in rows:
            minute = Minute(milliseconds(start), from_numeric(opened))
            minute.high, minute.low, minute.close = from_numeric(high), from_numeric(low), from_numeric(closed)
            minute.volume, minute.value, minute.trades = from_numeric(volume), from_numeric(value), int(count)
            minute.taker_volume, minute.taker_value = (from_numeric(each) for each in taken)
            minute.first_number, minute.last_number, minute.last_quantity = int(first), int(last), from_numeric(quantity)
            found.append(minute)
        return found

    def _trade(self, row: TupleRow) -> TradeRecord:
        (number, executed_at, symbol, price, quantity, buyer_maker, *sides, marked) = row
        buyer, seller = sides[:4], sides[4:]
        maker, taker = (buyer, seller) if buyer_maker else (seller, buyer)
        trade = Trade(
            symbol=symbol,
            price=from_numeric(price),
            quantity=from_numeric(quantity),
            taker_side=Side.SELL if buyer_maker else Side.BUY,
            maker_order=int(maker[1]),
            maker_created_ms=maker[0].int >> 80,
            maker_user=maker[2].bytes,
            maker_fee=from_numeric(maker[3]),
            maker_filled=0,
            maker_shown=0,
            taker_order=int(taker[1]),
            taker_created_ms=taker[0].int >> 80,
            taker_user=taker[2].bytes,
            taker_fee=from_numeric(taker[3]),
            taker_filled=0,
            marked=marked,
        )
        return TradeRecord(int(number), milliseconds(executed_at), trade)


def _sides_of(record: TradeRecord, user_id: bytes) -> list[OwnFill]:
    """What of a trade is this user's: one side, or both of them, the taker's first."""
    own = ((record.trade.taker_user, False), (record.trade.maker_user, True))
    return [OwnFill(record, is_maker=is_maker) for user, is_maker in own if user == user_id]
