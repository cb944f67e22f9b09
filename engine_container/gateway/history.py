"""Orders and trades that have left memory, read from the history database. A row becomes the same view object as a live one."""

# ruff: noqa: S608 - only constants of this module are put into the texts of queries; values are always parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from engine_container.gateway.pages import Page
from engine_container.views.minutes import Minute
from engine_container.views.orders import Order
from engine_container.views.trades import OwnFill, TradeRecord
from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, TimeInForce
from mycrypto.errors import ProblemError
from mycrypto.ids import trading_uuid
from mycrypto.money import from_numeric, to_numeric

CONSUMER: Final = "history"
CONNECTIONS_MAX: Final = 8
WAIT_SECONDS: Final = 2.0
_NOBODY: Final = bytes(16)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_ORDER_COLUMNS: Final = (
    "number, created_at, user_id, client_order_id, symbol, side::text, order_type::text, time_in_force::text, quantity, price, quote_quantity,"
    " post_only, stop_price, display_quantity, trail_bps, activation_price, expires_at, status::text, updated_at, last_seq, filled_quantity,"
    " filled_value, fee, triggered_at, filled_at, cancelled_at, reason"
)
_TRADE_COLUMNS: Final = (
    "number, executed_at, symbol, price, quantity, is_buyer_maker, buyer_order_id, buyer_order_number, buyer_user_id, buyer_fee,"
    " seller_order_id, seller_order_number, seller_user_id, seller_fee, marked"
)


class OrderFilter(msgspec.Struct, frozen=True):
    """What a list of orders is narrowed to; ``None`` does not narrow. Times are epoch milliseconds, from inclusive, to exclusive."""

    user_id: bytes | None = None
    symbol: str | None = None
    statuses: frozenset[OrderStatus] = frozenset()
    side: Side | None = None
    type: OrderType | None = None
    client_order_id: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    by_price: bool = False
    ascending: bool = False

    def matches(self, order: Order) -> bool:
        return (
            (self.symbol is None or order.symbol == self.symbol)
            and (not self.statuses or order.status in self.statuses)
            and (self.side is None or order.side is self.side)
            and (self.type is None or order.type is self.type)
            and (self.client_order_id is None or order.client_order_id == self.client_order_id)
            and (self.from_ms is None or order.created_ms >= self.from_ms)
            and (self.to_ms is None or order.created_ms < self.to_ms)
            and (self.user_id is None or order.user_id == self.user_id)
        )

    def key(self, order: Order) -> int:
        return order.price if self.by_price else order.created_ms


class History:
    """Raises SERVICE_UNAVAILABLE where an answer would need the database and it does not answer."""

    def __init__(self, url: str, shard: int) -> None:
        self._shard = shard
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS_MAX,
            open=False,
            timeout=WAIT_SECONDS,
            kwargs={"autocommit": True, "prepare_threshold": None, "options": "-c statement_timeout=5000 -c timezone=UTC"},
        )

    async def open(self) -> None:
        """Begin connecting, in the background."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=1)

    async def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[TupleRow]:
        try:
            async with self._pool.connection() as connection, connection.cursor() as cursor:
                await cursor.execute(sql.encode(), parameters)
                return await cursor.fetchall()
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise ProblemError("SERVICE_UNAVAILABLE", "the history cannot be read now", headers={"Retry-After": "1"}) from error

    async def watermark(self) -> int:
        """The last event that the history has taken in; 0 when none."""
        rows = await self._rows("SELECT seq FROM projection_watermark WHERE consumer = %s AND shard = %s", (CONSUMER, self._shard))
        return int(rows[0][0]) if rows else 0

    async def order(self, created_ms: int, number: int) -> Order | None:
        """By id, with its fills; the time in the id names the partition."""
        order_id = trading_uuid(created_ms, number, self._shard)
        rows = await self._rows(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE order_id = %s AND created_at = %s", (order_id, _moment(created_ms))
        )
        return await self._with_fills(_order(rows[0])) if rows else None

    async def order_by_client_id(self, user_id: bytes, client_order_id: str) -> Order | None:
        """The newest accepted order of this name, or the newest refused one."""
        rows = await self._rows(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE client_order_id = %s AND user_id = %s"
            " ORDER BY (status = 'REJECTED'), created_at DESC, number DESC LIMIT 1",
            (client_order_id, UUID(bytes=user_id)),
        )
        return await self._with_fills(_order(rows[0])) if rows else None

    async def _with_fills(self, order: Order) -> Order:
        order_id = trading_uuid(order.created_ms, order.number, self._shard)
        rows = await self._rows(
            f"SELECT {_TRADE_COLUMNS} FROM trades WHERE (buyer_order_id = %s OR seller_order_id = %s) AND executed_at >= %s"
            " AND executed_at <= %s ORDER BY executed_at, number",
            (order_id, order_id, _moment(order.created_ms), _moment(order.updated_ms)),
        )
        for row in rows:
            record = self._trade(row)
            order.fills.append(OwnFill(record, is_maker=record.trade.maker_order == order.number))
        return order

    async def orders(self, wanted: OrderFilter, page: Page, without: Sequence[int]) -> list[Order]:
        """One row more than the page's limit, if there are so many; ``without`` are numbers that memory knows better."""
        where, parameters = self._conditions(wanted, without)
        column = "coalesce(price, 0)" if wanted.by_price else "created_at"
        direction = "ASC" if wanted.ascending else "DESC"
        if page.after is not None:
            compare = ">" if wanted.ascending else "<"
            where.append(f"({column}, number) {compare} (%s, %s)")
            parameters += [to_numeric(page.after.key) if wanted.by_price else _moment(page.after.key), page.after.number]
        rows = await self._rows(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE {' AND '.join(where)} ORDER BY {column} {direction}, number {direction} LIMIT %s",
            [*parameters, (page.offset or 0) + page.limit + 1],
        )
        return [_order(row) for row in rows]

    async def count_orders(self, wanted: OrderFilter, without: Sequence[int]) -> int:
        where, parameters = self._conditions(wanted, without)
        rows = await self._rows(f"SELECT count(*) FROM orders WHERE {' AND '.join(where)}", parameters)
        return int(rows[0][0])

    def _conditions(self, wanted: OrderFilter, without: Sequence[int]) -> tuple[list[str], list[Any]]:
        where = ["shard = %s"]
        parameters: list[Any] = [self._shard]

        def narrow(condition: str, value: object) -> None:
            where.append(condition)
            parameters.append(value)

        if wanted.user_id is not None:
            narrow("user_id = %s", UUID(bytes=wanted.user_id))
        if without:
            narrow("number <> ALL(%s)", list(without))
        if wanted.symbol is not None:
            narrow("symbol = %s", wanted.symbol)
        if wanted.statuses:
            narrow("status = ANY(%s::order_status[])", [status.name for status in wanted.statuses])
        if wanted.side is not None:
            narrow("side = %s::order_side", wanted.side.name)
        if wanted.type is not None:
            narrow("order_type = %s::order_type", wanted.type.name)
        if wanted.client_order_id is not None:
            narrow("client_order_id = %s", wanted.client_order_id)
        if wanted.from_ms is not None:
            narrow("created_at >= %s", _moment(wanted.from_ms))
        if wanted.to_ms is not None:
            narrow("created_at < %s", _moment(wanted.to_ms))
        return where, parameters

    async def trade(self, executed_ms: int, number: int) -> TradeRecord | None:
        rows = await self._rows(
            f"SELECT {_TRADE_COLUMNS} FROM trades WHERE trade_id = %s AND executed_at = %s",
            (trading_uuid(executed_ms, number, self._shard), _moment(executed_ms)),
        )
        return self._trade(rows[0]) if rows else None

    async def trades_before(self, symbol: str, number: int, executed_ms: int, limit: int) -> list[TradeRecord]:
        """A symbol's trades that are older than this one, newest first."""
        rows = await self._rows(
            f"SELECT {_TRADE_COLUMNS} FROM trades WHERE symbol = %s AND (executed_at, number) < (%s, %s)"
            " ORDER BY executed_at DESC, number DESC LIMIT %s",
            (symbol, _moment(executed_ms), number, limit),
        )
        return [self._trade(row) for row in rows]

    async def own_fills(
        self, user_id: bytes, symbol: str | None, before: tuple[int, int], limit: int, *, order_number: int | None = None
    ) -> list[OwnFill]:
        """A user's fills with (time, number) below ``before``, newest first; a trade with oneself gives two."""
        user = UUID(bytes=user_id)
        conditions = "(executed_at, number) < (%s, %s)"
        parameters: list[Any] = [_moment(before[0]), before[1]]
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
        fills: list[OwnFill] = []
        for row in rows:
            record = self._trade(row)
            if record.trade.taker_user == user_id:
                fills.append(OwnFill(record, is_maker=False))
            if record.trade.maker_user == user_id:
                fills.append(OwnFill(record, is_maker=True))
        return fills

    async def minutes(self, symbol: str, from_ms: int, to_ms: int) -> list[Minute]:
        """Traded minutes of a symbol, oldest first."""
        rows = await self._rows(
            "SELECT date_trunc('minute', executed_at), (array_agg(price ORDER BY number))[1], max(price), min(price),"
            " (array_agg(price ORDER BY number DESC))[1], sum(quantity), sum(value), count(*) FROM trades"
            " WHERE symbol = %s AND executed_at >= %s AND executed_at < %s GROUP BY 1 ORDER BY 1",
            (symbol, _moment(from_ms), _moment(to_ms)),
        )
        found: list[Minute] = []
        for start, opened, high, low, closed, volume, value, count in rows:
            minute = Minute(_ms(start), from_numeric(opened))
            minute.high, minute.low, minute.close = from_numeric(high), from_numeric(low), from_numeric(closed)
            minute.volume, minute.value, minute.trades = from_numeric(volume), from_numeric(value), int(count)
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
        return TradeRecord(int(number), _ms(executed_at), trade)


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms // 1000, UTC).replace(microsecond=time_ms % 1000 * 1000)


def _ms(moment: datetime | None) -> int:
    if moment is None:
        return 0
    delta = moment - _EPOCH
    return delta.days * 86_400_000 + delta.seconds * 1_000 + delta.microseconds // 1_000


def _units(value: Decimal | None) -> int:
    return 0 if value is None else from_numeric(value)


def _order(row: TupleRow) -> Order:
    (number, created_at, user_id, client_order_id, symbol, side, kind, time_in_force, quantity, price, quote_quantity, *rest) = row
    (post_only, stop_price, display_quantity, trail_bps, activation_price, expires_at, status, updated_at, last_seq, *more) = rest
    (filled, value, fee, triggered_at, filled_at, cancelled_at, reason) = more
    final = OrderStatus[status]
    closed_at = filled_at or cancelled_at or (updated_at if final >= OrderStatus.FILLED else None)
    return Order(
        number=int(number),
        created_ms=_ms(created_at),
        user_id=user_id.bytes,
        client_order_id=client_order_id or "",
        symbol=symbol,
        side=Side[side],
        type=OrderType[kind],
        time_in_force=TimeInForce[time_in_force],
        quantity=_units(quantity),
        price=_units(price),
        quote_quantity=_units(quote_quantity),
        post_only=post_only,
        stop_price=_units(stop_price),
        display_quantity=_units(display_quantity),
        trail_bps=trail_bps or 0,
        activation_price=_units(activation_price),
        expires_ms=_ms(expires_at),
        status=final,
        updated_ms=_ms(updated_at),
        updated_seq=int(last_seq),
        filled=_units(filled),
        value=_units(value),
        fee=_units(fee),
        triggered_ms=_ms(triggered_at),
        closed_ms=_ms(closed_at),
        reason=reason or "",
        fills=[],
    )
