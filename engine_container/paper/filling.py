"""Fills paper orders by the public trades, as the history has them: each trade is looked at once, whatever is repeated.

A step holds the watermark, reads the trades behind it, settles what they fill and moves the watermark, in one transaction: a crash
anywhere leaves either all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from psycopg.rows import TupleRow

from engine_container.paper.holdings import Holdings
from engine_container.paper.rules import Fill, PaperOrder, PaperWallet, PublicTrade, Reaction, fill, react, triggered
from engine_container.paper.watermark import CONSUMER, make_watermark
from engine_container.trade_database import TradeConnection, TradePool
from mycrypto.contracts.trading import OrderStatus, OrderType, Side
from mycrypto.money import from_numeric, to_numeric
from mycrypto.projection import milliseconds, moment

TRADES_MAX: Final = 5_000
"""Looked at in one transaction."""
KEPT_DAYS: Final = 90
"""How long an order is kept after its end."""
FORGOTTEN_MAX: Final = 1_000

_PLACES: Final = """
SELECT paper.seq, paper.event_time, history.seq, history.event_time
  FROM projection_watermark AS paper
  JOIN projection_watermark AS history ON history.shard = paper.shard AND history.consumer = 'history'
 WHERE paper.consumer = %s AND paper.shard = %s
"""

_TRADES: Final = """
SELECT symbol, number, executed_at, price
  FROM trades
 WHERE shard = %s AND symbol = ANY(%s) AND number > %s AND number <= %s AND executed_at >= %s
 ORDER BY number
 LIMIT %s
"""

_CONCERNED: Final = """
SELECT number, user_id, symbol, side::text, order_type::text, status::text, quantity, quote_quantity, price, stop_price, tick_size, lot_size,
       slippage_ppm, locked, after_seq, after_time
  FROM paper_orders
  JOIN unnest(%s::text[], %s::numeric[], %s::numeric[]) AS traded (symbol, low, high) USING (symbol)
 WHERE status < 'FILLED'
   AND CASE WHEN status = 'PENDING_TRIGGER' THEN CASE side WHEN 'BUY' THEN stop_price <= high ELSE stop_price >= low END
            WHEN order_type IN ('LIMIT', 'STOP_LIMIT') THEN CASE side WHEN 'BUY' THEN price >= low ELSE price <= high END
            ELSE true END
 ORDER BY number
"""

_TRIGGERED: Final = """
UPDATE paper_orders SET status = %s, after_seq = %s, after_time = %s, triggered_at = %s, updated_at = %s WHERE number = %s
"""

_ENDED: Final = """
UPDATE paper_orders
   SET status = %s, reason = %s, locked = 0, filled_quantity = %s, filled_value = %s, fee = %s, updated_at = %s,
       triggered_at = coalesce(%s, triggered_at), filled_at = %s, cancelled_at = %s
 WHERE number = %s
"""

_INSERT_TRADE: Final = """
INSERT INTO paper_trades (order_number, user_id, symbol, side, price, quantity, value, fee, is_maker, slippage_ppm, source_number, executed_at)
VALUES (%s, %s, %s, %s::order_side, %s, %s, %s, %s, %s, %s, %s, %s)
"""

_SET_BALANCE: Final = """
INSERT INTO paper_balances (user_id, asset, available, locked, updated_at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (user_id, asset) DO UPDATE
   SET available = excluded.available, locked = excluded.locked, updated_at = excluded.updated_at
"""

_FORGET: Final = """
DELETE FROM paper_orders
 WHERE number IN (SELECT number FROM paper_orders WHERE status >= 'FILLED' AND updated_at < now() - make_interval(days => %s) LIMIT %s)
"""


class Step(NamedTuple):
    """What a step did. ``more``: there are trades left to look at."""

    fills: int
    more: bool


class _Tape(NamedTuple):
    """The public trades of a step by symbol, and how far they reach."""

    trades: dict[str, list[PublicTrade]]
    seq: int
    time: datetime
    more: bool


class Filling:
    """One shard's public trades over the paper orders."""

    def __init__(self, pool: TradePool, shard: int) -> None:
        self._pool = pool
        self._shard = shard

    async def step(self) -> Step:
        """Fill paper orders from the trades of the history that no step has looked at yet. Raises ``psycopg.Error`` or ``PoolTimeout``."""
        async with self._pool.connection() as connection:
            if not await self._is_behind(connection):
                return Step(0, more=False)
            async with connection.transaction():
                return await self._advance(connection)

    async def forget(self) -> int:
        """Delete orders that ended long ago, with their trades, some at a time; returns how many."""
        async with self._pool.connection() as connection:
            return (await connection.execute(_FORGET, (KEPT_DAYS, FORGOTTEN_MAX))).rowcount

    async def _is_behind(self, connection: TradeConnection) -> bool:
        row = await (await connection.execute(_PLACES, (CONSUMER, self._shard))).fetchone()
        if row is None:
            await make_watermark(connection, self._shard)
            return True
        return int(row[0]) < int(row[2])

    async def _advance(self, connection: TradeConnection) -> Step:
        row = await (await connection.execute(_PLACES + " FOR UPDATE OF paper", (CONSUMER, self._shard))).fetchone()
        if row is None or row[2] <= row[0]:
            return Step(0, more=False)
        tape = await self._read(connection, row)
        fills = await self._settle(connection, tape) if tape.trades else 0
        await connection.execute(
            "UPDATE projection_watermark SET seq = %s, event_time = %s, updated_at = now() WHERE consumer = %s AND shard = %s",
            (tape.seq, tape.time, CONSUMER, self._shard),
        )
        return Step(fills, tape.more)

    async def _read(self, connection: TradeConnection, places: TupleRow) -> _Tape:
        seen, seen_time, newest, newest_time = places
        open_orders = "SELECT array_agg(DISTINCT symbol), min(after_seq) FROM paper_orders WHERE status < 'FILLED'"
        found = await (await connection.execute(open_orders)).fetchone()
        if found is None or found[0] is None:
            return _Tape({}, newest, newest_time, more=False)
        symbols, first = found
        rows = await (await connection.execute(_TRADES, (self._shard, symbols, max(seen, first), newest, seen_time, TRADES_MAX))).fetchall()
        trades: dict[str, list[PublicTrade]] = {}
        for symbol, number, executed_at, price in rows:
            trades.setdefault(symbol, []).append(PublicTrade(number, milliseconds(executed_at), from_numeric(price)))
        if len(rows) == TRADES_MAX:
            return _Tape(trades, rows[-1][1], rows[-1][2], more=True)
        return _Tape(trades, newest, newest_time, more=False)

    async def _settle(self, connection: TradeConnection, tape: _Tape) -> int:
        prices = {symbol: [trade.price for trade in trades] for symbol, trades in tape.trades.items()}
        extremes = [list(prices), [to_numeric(min(each)) for each in prices.values()], [to_numeric(max(each)) for each in prices.values()]]
        orders = [_order(row) for row in await (await connection.execute(_CONCERNED, extremes)).fetchall()]
        reactions = [(order, react(order, tape.trades[order.symbol])) for order in orders]
        ending = [(order, reaction, reaction.filled) for order, reaction in reactions if reaction.filled]
        ending.sort(key=lambda item: (item[2].number, item[0].number))
        users = {order.user_id for order, _, _ in ending}
        held = Holdings()
        await held.read(connection, users)
        book = _Book(await self._wallets(connection, users), held)
        for order, reaction, by in ending:
            book.end(order, reaction, by)
        waiting = [(order, reaction.triggered) for order, reaction in reactions if reaction.triggered and not reaction.filled]
        async with connection.cursor() as cursor:
            await cursor.executemany(_TRIGGERED, [_triggered_row(order, by) for order, by in waiting])
            await cursor.executemany(_ENDED, book.ended)
            await cursor.executemany(_INSERT_TRADE, book.trades)
            await cursor.executemany(_SET_BALANCE, book.balances(tape.time))
        await held.write(connection)
        return len(book.trades)

    @staticmethod
    async def _wallets(connection: TradeConnection, users: Iterable[bytes]) -> dict[bytes, PaperWallet]:
        wallets = {user: PaperWallet() for user in users}
        rows = await connection.execute(
            "SELECT user_id, asset, available, locked FROM paper_balances WHERE user_id = ANY(%s)",
            ([UUID(bytes=user) for user in wallets],),
        )
        for user, asset, available, locked in await rows.fetchall():
            wallets[user.bytes].balances[asset] = (from_numeric(available), from_numeric(locked))
        return wallets


class _Book:
    """What ends in a step, as the rows that say so."""

    def __init__(self, wallets: dict[bytes, PaperWallet], held: Holdings) -> None:
        self._wallets = wallets
        self._held = held
        self.ended: list[Sequence[object]] = []
        self.trades: list[Sequence[object]] = []

    def end(self, order: PaperOrder, reaction: Reaction, by: PublicTrade) -> None:
        wallet = self._wallets[order.user_id]
        done = fill(order, by)
        if done is None:
            self._cancel(order, reaction, by, "MIN_NOTIONAL")
        elif wallet.settle(order, done):
            self._filled(order, reaction, by, done)
        else:
            self._cancel(order, reaction, by, "INSUFFICIENT_FUNDS")

    def _filled(self, order: PaperOrder, reaction: Reaction, by: PublicTrade, done: Fill) -> None:
        at = moment(by.time_ms)
        self._held.of(order.user_id, order.symbol).trade(order.side, done.quantity, done.value, done.fee, by.time_ms)
        price, quantity, value, fee = (to_numeric(units) for units in done[:4])
        self.ended.append(("FILLED", None, quantity, value, fee, at, _triggered_at(reaction), at, None, order.number))
        slippage = 0 if done.is_maker else order.slippage_ppm
        user = UUID(bytes=order.user_id)
        self.trades.append(
            (order.number, user, order.symbol, order.side.name, price, quantity, value, fee, done.is_maker, slippage, by.number, at)
        )

    def _cancel(self, order: PaperOrder, reaction: Reaction, by: PublicTrade, reason: str) -> None:
        self._wallets[order.user_id].release(order)
        at = moment(by.time_ms)
        self.ended.append(("CANCELLED", reason, 0, 0, 0, at, _triggered_at(reaction), None, at, order.number))

    def balances(self, time: datetime) -> list[Sequence[object]]:
        return [
            (UUID(bytes=user), asset, to_numeric(available), to_numeric(locked), time)
            for user, wallet in sorted(self._wallets.items())
            for asset, (available, locked) in sorted(wallet.balances.items())
        ]


def _triggered_at(reaction: Reaction) -> datetime | None:
    return moment(reaction.triggered.time_ms) if reaction.triggered else None


def _triggered_row(order: PaperOrder, by: PublicTrade) -> Sequence[object]:
    at, after = moment(by.time_ms), triggered(order, by)
    return after.status.name, after.after_seq, at, at, at, order.number


def _order(row: TupleRow) -> PaperOrder:
    number, user_id, symbol, side, kind, status, *amounts, slippage_ppm, locked, after_seq, after_time = row
    quantity, quote_quantity, price, stop_price, tick, lot = map(from_numeric, amounts)
    return PaperOrder(
        number=number,
        user_id=user_id.bytes,
        symbol=symbol,
        side=Side[side],
        type=OrderType[kind],
        status=OrderStatus[status],
        quantity=quantity,
        quote_quantity=quote_quantity,
        price=price,
        stop_price=stop_price,
        tick=tick,
        lot=lot,
        slippage_ppm=slippage_ppm,
        locked=from_numeric(locked),
        after_seq=after_seq,
        after_ms=milliseconds(after_time),
    )
