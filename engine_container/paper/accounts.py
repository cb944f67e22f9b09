"""Paper accounts as their owners use them: orders placed and cancelled, balances, trades, a fresh start. All of it in PostgreSQL.

Each change is one transaction that shares the watermark of the filling and holds the account; so what a user does at once happens one
after the other, and a name that was used before is seen.
"""

# ruff: noqa: S608 - only constants of this module are put into the texts of queries; values are always parameters

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from msgspec.structs import replace
from psycopg.rows import TupleRow

from engine_container.paper import rules
from engine_container.paper.rules import PaperRefusedError
from engine_container.paper.watermark import share_watermark
from engine_container.trade_database import TradeConnection, TradePool
from engine_container.trade_history.order_rows import Narrowed, OrderFilter, narrow, order_of_row, page_of_orders
from engine_container.trade_history.pages import Page, Position
from engine_container.trade_history.trade_store import TradeStore
from engine_container.views.balances import Balance
from engine_container.views.orders import Order
from engine_container.views.trades import OwnFill, TradeRecord
from mycrypto.contracts.commands import PlaceOrder
from mycrypto.contracts.events import SymbolChanged, Trade
from mycrypto.contracts.trading import Side
from mycrypto.money import from_numeric, to_numeric
from mycrypto.positions import HOLDING_COLUMNS, Holding, holding_of_row
from mycrypto.projection import milliseconds, moment

_NO_USER: Final = bytes(16)

ORDER_COLUMNS: Final = (
    "number, created_at, user_id, client_order_id, symbol, side::text, order_type::text,"
    " CASE order_type WHEN 'MARKET' THEN 'IOC' ELSE 'GTC' END, quantity, price, quote_quantity, false, stop_price, NULL, NULL, NULL, NULL,"
    " status::text, updated_at, 0, filled_quantity, filled_value, fee, triggered_at, filled_at, cancelled_at, reason"
)

_INSERT_ORDER: Final = f"""
INSERT INTO paper_orders (
    user_id, client_order_id, symbol, side, order_type, status, quantity, quote_quantity, price, stop_price, tick_size, lot_size, slippage_ppm,
    locked, after_seq, after_time, created_at, updated_at)
VALUES (%s, %s, %s, %s::order_side, %s::order_type, %s::order_status, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
RETURNING {ORDER_COLUMNS}
"""

_CLOSE: Final = f"""
WITH closing AS (
    SELECT number, locked, split_part(symbol, '/', CASE side WHEN 'BUY' THEN 2 ELSE 1 END) AS asset
      FROM paper_orders
     {{where}}
       FOR UPDATE
), freed AS (
    UPDATE paper_balances SET available = available + units, locked = locked - units, updated_at = %s
      FROM (SELECT asset, sum(locked) AS units FROM closing GROUP BY asset) AS held
     WHERE user_id = %s AND paper_balances.asset = held.asset
), closed AS (
    UPDATE paper_orders SET status = 'CANCELLED', reason = %s, locked = 0, updated_at = %s, cancelled_at = %s
      FROM closing
     WHERE paper_orders.number = closing.number
    RETURNING paper_orders.*
)
SELECT {ORDER_COLUMNS} FROM closed ORDER BY number
"""

_FILLS: Final = """
SELECT trade.number, trade.executed_at, trade.symbol, trade.price, trade.quantity, trade.side::text, trade.fee, trade.is_maker,
       trade.order_number, placed.created_at
  FROM paper_trades AS trade
  JOIN paper_orders AS placed ON placed.number = trade.order_number
"""


class Request(NamedTuple):
    """An order that kept to the rules. ``need`` is what it locks, ``seen_seq`` the newest event that its owner can have seen."""

    command: PlaceOrder
    symbol: SymbolChanged
    need: int
    slippage_ppm: int
    seen_seq: int
    now_ms: int


class PaperAccounts(TradeStore):
    """Raises SERVICE_UNAVAILABLE where the database does not answer."""

    def __init__(self, pool: TradePool, shard: int) -> None:
        super().__init__(pool)
        self._shard = shard

    @asynccontextmanager
    async def _account(self, user_id: UUID, now: datetime) -> AsyncIterator[tuple[TradeConnection, int]]:
        """A transaction that holds the user's account, opened where there is none, and the watermark."""
        async with self._connection() as connection, connection.transaction():
            seq = await share_watermark(connection, self._shard)
            opened = await connection.execute(
                "INSERT INTO paper_accounts (user_id, opened_at, reset_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (user_id, now, now)
            )
            if opened.rowcount:
                await _start_account(connection, user_id, now)
            await connection.execute("SELECT 1 FROM paper_accounts WHERE user_id = %s FOR UPDATE", (user_id,))
            yield connection, seq

    async def place(self, request: Request) -> tuple[Order, bool]:
        """The new order, or the same one placed before and ``True``. Raises :class:`PaperRefusedError`."""
        command, now = request.command, moment(request.now_ms)
        user_id = UUID(bytes=command.user_id)
        async with self._account(user_id, now) as (connection, seq):
            kept = await _repeated(connection, command)
            if kept is not None:
                return kept, True
            await _check_open_orders(connection, user_id, command.symbol)
            await _lock(connection, user_id, request, now)
            amounts = (command.quantity, command.quote_quantity, command.price, command.stop_price, request.symbol.tick, request.symbol.lot)
            values = (
                user_id,
                command.client_order_id,
                command.symbol,
                command.side.name,
                command.type.name,
                rules.first_status(command.type).name,
                *map(to_numeric, amounts),
                request.slippage_ppm,
                to_numeric(request.need),
                max(seq, request.seen_seq),
                now,
                now,
                now,
            )
            row = await (await connection.execute(_INSERT_ORDER.encode(), values)).fetchone()
            return order_of_row(row or ()), False

    async def repeated(self, command: PlaceOrder) -> Order | None:
        """The same order placed before under this name. Raises IDEMPOTENCY_CONFLICT for another one."""
        async with self._connection() as connection:
            return await _repeated(connection, command)

    async def cancel(self, wanted: OrderFilter, now_ms: int, number: int | None = None) -> list[Order]:
        """Cancel a user's open orders, or those of a symbol or side, or the one of this number; returns them as they are then."""
        now = moment(now_ms)
        async with self._account(UUID(bytes=wanted.user_id or _NO_USER), now) as (connection, _):
            return await _close(connection, wanted, "USER", now, number)

    async def reset(self, user_id: bytes, now_ms: int) -> None:
        """Cancel every open order and begin with fresh balances."""
        now, owner = moment(now_ms), UUID(bytes=user_id)
        async with self._account(owner, now) as (connection, _):
            await _close(connection, OrderFilter(user_id=user_id), "RESET", now, None)
            await connection.execute("UPDATE paper_accounts SET reset_at = %s WHERE user_id = %s", (now, owner))
            await connection.execute("DELETE FROM paper_balances WHERE user_id = %s", (owner,))
            await connection.execute("DELETE FROM paper_positions WHERE user_id = %s", (owner,))
            await _start_account(connection, owner, now)

    async def balances(self, user_id: bytes, now_ms: int) -> dict[str, Balance]:
        """By asset; of who has no account yet, what it will begin with."""
        return (await self.balances_of([user_id], now_ms))[user_id]

    async def balances_of(self, user_ids: Collection[bytes], now_ms: int) -> dict[bytes, dict[str, Balance]]:
        """As :meth:`balances`, of several users."""
        held: dict[bytes, dict[str, Balance]] = {user_id: {} for user_id in user_ids}
        query = "SELECT user_id, asset, available, locked, updated_at FROM paper_balances WHERE user_id = ANY(%s) ORDER BY user_id, asset"
        for user_id, asset, available, locked, at in await self._rows(query, ([UUID(bytes=each) for each in user_ids],)):
            held[user_id.bytes][asset] = Balance(from_numeric(available), from_numeric(locked), 0, milliseconds(at))
        fresh = {asset: Balance(units, 0, 0, now_ms) for asset, units in rules.START.items()}
        return {user_id: own or fresh for user_id, own in held.items()}

    async def positions(self, user_id: bytes, symbol: str | None) -> list[Holding]:
        """What the trades since the last fresh start add up to, by symbol."""
        narrowed = narrow(OrderFilter(user_id=user_id, symbol=symbol))
        rows = await self._rows(f"SELECT {HOLDING_COLUMNS} FROM paper_positions {narrowed.where} ORDER BY symbol", narrowed.parameters)
        return [holding_of_row(row) for row in rows]

    async def order(self, number: int) -> Order | None:
        """By number, with its fill."""
        rows = await self._rows(f"SELECT {ORDER_COLUMNS} FROM paper_orders WHERE number = %s", (number,))
        return await self._with_fills(rows)

    async def order_by_client_id(self, user_id: bytes, client_order_id: str) -> Order | None:
        """By the user's own name for it, with its fill."""
        rows = await self._rows(
            f"SELECT {ORDER_COLUMNS} FROM paper_orders WHERE user_id = %s AND client_order_id = %s", (UUID(bytes=user_id), client_order_id)
        )
        return await self._with_fills(rows)

    async def _with_fills(self, rows: Sequence[TupleRow]) -> Order | None:
        if not rows:
            return None
        order = order_of_row(rows[0])
        order.fills += await self.fills(order.user_id, None, None, 1, order_number=order.number)
        return order

    async def orders(self, wanted: OrderFilter, page: Page) -> tuple[list[Order], int | None]:
        """One order more than the page's limit, if there are so many, and the total for an offset page."""
        narrowed = narrow(wanted)
        total = None
        if page.offset is not None:
            counted = await self._rows(f"SELECT count(*) FROM paper_orders {narrowed.where}", narrowed.parameters)
            total = int(counted[0][0])
        text, parameters = page_of_orders(narrowed, wanted, page)
        rows = await self._rows(f"SELECT {ORDER_COLUMNS} FROM paper_orders {text}", parameters)
        return [order_of_row(row) for row in rows][page.offset or 0 :], total

    async def fills(
        self, user_id: bytes, symbol: str | None, after: Position | None, limit: int, *, order_number: int | None = None
    ) -> list[OwnFill]:
        """A user's fills, newest first."""
        narrowed = Narrowed()
        narrowed.add("trade.user_id = %s", UUID(bytes=user_id))
        if symbol is not None:
            narrowed.add("trade.symbol = %s", symbol)
        if order_number is not None:
            narrowed.add("trade.order_number = %s", order_number)
        if after is not None:
            narrowed.add("(trade.executed_at, trade.number) < (%s, %s)", moment(after.key), after.number)
        text = f"{_FILLS} {narrowed.where} ORDER BY trade.executed_at DESC, trade.number DESC LIMIT %s"
        rows = await self._rows(text, [*narrowed.parameters, limit])
        return [_fill(user_id, row) for row in rows]


async def _start_account(connection: TradeConnection, user_id: UUID, now: datetime) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO paper_balances (user_id, asset, available, locked, updated_at) VALUES (%s, %s, %s, 0, %s)",
            [(user_id, asset, to_numeric(units), now) for asset, units in rules.START.items()],
        )


async def _repeated(connection: TradeConnection, command: PlaceOrder) -> Order | None:
    rows = await connection.execute(
        f"SELECT {ORDER_COLUMNS} FROM paper_orders WHERE user_id = %s AND client_order_id = %s".encode(),
        (UUID(bytes=command.user_id), command.client_order_id),
    )
    row = await rows.fetchone()
    if row is None:
        return None
    kept = order_of_row(row)
    if _content(kept) != _content(command):
        raise PaperRefusedError("IDEMPOTENCY_CONFLICT", client_order_id=command.client_order_id)
    return kept


def _content(order: Order | PlaceOrder) -> tuple[object, ...]:
    return order.symbol, order.side, order.type, order.quantity, order.quote_quantity, order.price, order.stop_price


async def _check_open_orders(connection: TradeConnection, user_id: UUID, symbol: str) -> None:
    counting = "SELECT count(*), count(*) FILTER (WHERE symbol = %s) FROM paper_orders WHERE user_id = %s AND status < 'FILLED'"
    row = await (await connection.execute(counting, (symbol, user_id))).fetchone()
    here, there = row or (0, 0)
    if here >= rules.OPEN_ORDERS_MAX:
        raise PaperRefusedError("OPEN_ORDER_LIMIT", scope="user", open=here, maximum=rules.OPEN_ORDERS_MAX)
    if there >= rules.OPEN_ORDERS_PER_SYMBOL_MAX:
        raise PaperRefusedError("OPEN_ORDER_LIMIT", scope="symbol", open=there, maximum=rules.OPEN_ORDERS_PER_SYMBOL_MAX)


async def _lock(connection: TradeConnection, user_id: UUID, request: Request, now: datetime) -> None:
    asset = request.symbol.quote if request.command.side is Side.BUY else request.symbol.base
    need = to_numeric(request.need)
    locked = await connection.execute(
        "UPDATE paper_balances SET available = available - %s, locked = locked + %s, updated_at = %s"
        " WHERE user_id = %s AND asset = %s AND available >= %s",
        (need, need, now, user_id, asset, need),
    )
    if locked.rowcount:
        return
    query = "SELECT available FROM paper_balances WHERE user_id = %s AND asset = %s"
    row = await (await connection.execute(query, (user_id, asset))).fetchone()
    available = from_numeric(row[0]) if row else 0
    raise PaperRefusedError("WALLET_001", asset=asset, required=request.need, available=available)


async def _close(connection: TradeConnection, wanted: OrderFilter, reason: str, now: datetime, number: int | None) -> list[Order]:
    owner = wanted.user_id or _NO_USER
    narrowed = narrow(replace(wanted, user_id=owner))
    narrowed.add("status < 'FILLED'")
    if number is not None:
        narrowed.add("number = %s", number)
    values = (*narrowed.parameters, now, UUID(bytes=owner), reason, now, now)
    rows = await connection.execute(_CLOSE.format(where=narrowed.where).encode(), values)
    return [order_of_row(row) for row in await rows.fetchall()]


def _fill(user_id: bytes, row: TupleRow) -> OwnFill:
    """A paper trade: it has no user on the other side."""
    number, executed_at, symbol, price, quantity, side, fee, is_maker, order_number, created_at = row
    own = Side[side]
    mine = (int(order_number), milliseconds(created_at), user_id, from_numeric(fee))
    theirs = (0, 0, _NO_USER, 0)
    maker, taker = (mine, theirs) if is_maker else (theirs, mine)
    taker_side = own if not is_maker else (Side.SELL if own is Side.BUY else Side.BUY)
    trade = Trade(symbol, from_numeric(price), from_numeric(quantity), taker_side, *maker, 0, 0, *taker, 0)
    return OwnFill(TradeRecord(int(number), milliseconds(executed_at), trade), is_maker=is_maker)
