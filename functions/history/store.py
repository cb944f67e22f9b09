"""SQL of the history: each kind of change is one statement, however many rows it holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg import Connection

from functions.history.folding import NewOrder, OrderChange
from mycrypto import arrays
from mycrypto.contracts import events
from mycrypto.contracts.trading import Side
from mycrypto.ids import trading_uuid
from mycrypto.money import notional_units
from mycrypto.projection import Numbered, moment

_INSERT_ORDERS = """
INSERT INTO orders (
    order_id, shard, number, user_id, client_order_id, symbol, side, order_type, time_in_force, status,
    quantity, quote_quantity, price, stop_price, display_quantity, activation_price, trail_bps, post_only,
    filled_quantity, filled_value, average_price, fee, reason, reason_details, last_seq,
    created_at, updated_at, filled_at, cancelled_at, triggered_at, expires_at, oco_number, replaces_number, replaces_created_at)
SELECT order_id, %(shard)s, number, user_id, nullif(client_order_id, ''), symbol, side, order_type, time_in_force, status,
       quantity * 0.00000001, nullif(quote_quantity, 0) * 0.00000001, nullif(price, 0) * 0.00000001, nullif(stop_price, 0) * 0.00000001,
       nullif(display_quantity, 0) * 0.00000001, nullif(activation_price, 0) * 0.00000001, nullif(trail_bps, 0), post_only,
       filled * 0.00000001, value * 0.00000001, round(value / nullif(filled, 0), 8), fee * 0.00000001, reason, details, last_seq,
       timestamptz 'epoch' + created_ms * interval '1 millisecond',
       timestamptz 'epoch' + updated_ms * interval '1 millisecond',
       timestamptz 'epoch' + filled_ms * interval '1 millisecond',
       timestamptz 'epoch' + cancelled_ms * interval '1 millisecond',
       timestamptz 'epoch' + triggered_ms * interval '1 millisecond',
       timestamptz 'epoch' + expires_ms * interval '1 millisecond', oco, replaces, timestamptz 'epoch' + replaces_ms * interval '1 millisecond'
  FROM unnest(
       %(order_id)s::uuid[], %(number)s::bigint[], %(user_id)s::uuid[], %(client_order_id)s::text[], %(symbol)s::text[],
       %(side)s::order_side[], %(order_type)s::order_type[], %(time_in_force)s::time_in_force[], %(status)s::order_status[],
       %(quantity)s::numeric[], %(quote_quantity)s::numeric[], %(price)s::numeric[], %(stop_price)s::numeric[],
       %(display_quantity)s::numeric[], %(activation_price)s::numeric[], %(trail_bps)s::integer[], %(post_only)s::boolean[],
       %(filled)s::numeric[], %(value)s::numeric[], %(fee)s::numeric[], %(reason)s::text[], %(details)s::jsonb[], %(last_seq)s::bigint[],
       %(created_ms)s::bigint[], %(updated_ms)s::bigint[], %(filled_ms)s::bigint[], %(cancelled_ms)s::bigint[],
       %(triggered_ms)s::bigint[], %(expires_ms)s::bigint[], %(oco)s::bigint[], %(replaces)s::bigint[], %(replaces_ms)s::bigint[])
       AS fresh(
       order_id, number, user_id, client_order_id, symbol, side, order_type, time_in_force, status,
       quantity, quote_quantity, price, stop_price, display_quantity, activation_price, trail_bps, post_only,
       filled, value, fee, reason, details, last_seq, created_ms, updated_ms, filled_ms, cancelled_ms, triggered_ms, expires_ms,
       oco, replaces, replaces_ms)
    ON CONFLICT (order_id, created_at) DO UPDATE
   SET status = greatest(orders.status, excluded.status), quantity = excluded.quantity, price = excluded.price,
       filled_quantity = excluded.filled_quantity, filled_value = excluded.filled_value, average_price = excluded.average_price,
       fee = excluded.fee, reason = excluded.reason, last_seq = excluded.last_seq, updated_at = excluded.updated_at,
       filled_at = excluded.filled_at, cancelled_at = excluded.cancelled_at, triggered_at = excluded.triggered_at
 WHERE orders.last_seq < excluded.last_seq AND orders.status < 'FILLED'
"""

_CHANGE_ORDERS = """
UPDATE orders
   SET status = greatest(orders.status, change.status),
       quantity = coalesce(change.quantity * 0.00000001, orders.quantity),
       price = coalesce(nullif(change.price, 0) * 0.00000001, orders.price),
       filled_quantity = coalesce(change.filled * 0.00000001, orders.filled_quantity),
       filled_value = orders.filled_value + change.value * 0.00000001,
       average_price = CASE WHEN change.filled > 0
                            THEN round((orders.filled_value * 100000000 + change.value) / change.filled, 8) ELSE orders.average_price END,
       fee = orders.fee + change.fee * 0.00000001,
       reason = coalesce(change.reason, orders.reason),
       last_seq = change.last_seq,
       updated_at = timestamptz 'epoch' + change.updated_ms * interval '1 millisecond',
       filled_at = coalesce(timestamptz 'epoch' + change.filled_ms * interval '1 millisecond', orders.filled_at),
       cancelled_at = coalesce(timestamptz 'epoch' + change.cancelled_ms * interval '1 millisecond', orders.cancelled_at),
       triggered_at = coalesce(timestamptz 'epoch' + change.triggered_ms * interval '1 millisecond', orders.triggered_at)
  FROM unnest(
       %(order_id)s::uuid[], %(created_ms)s::bigint[], %(status)s::order_status[], %(quantity)s::numeric[], %(price)s::numeric[],
       %(filled)s::numeric[], %(value)s::numeric[], %(fee)s::numeric[], %(reason)s::text[], %(last_seq)s::bigint[],
       %(updated_ms)s::bigint[], %(filled_ms)s::bigint[], %(cancelled_ms)s::bigint[], %(triggered_ms)s::bigint[])
       AS change(order_id, created_ms, status, quantity, price, filled, value, fee, reason, last_seq, updated_ms, filled_ms, cancelled_ms,
                 triggered_ms)
 WHERE orders.order_id = change.order_id AND orders.created_at = timestamptz 'epoch' + change.created_ms * interval '1 millisecond'
   -- The months that can be concerned, so that no other partition is opened.
   AND orders.created_at BETWEEN %(first)s AND %(last)s
   AND orders.last_seq < change.last_seq AND orders.status < 'FILLED'
"""

_INSERT_TRADES = """
INSERT INTO trades (
    trade_id, shard, number, symbol, price, quantity, value, fee_asset, is_buyer_maker,
    buyer_order_id, buyer_order_number, buyer_user_id, buyer_fee, seller_order_id, seller_order_number, seller_user_id, seller_fee,
    marked, executed_at)
SELECT trade_id, %(shard)s, number, symbol, price * 0.00000001, quantity * 0.00000001, value * 0.00000001, fee_asset, is_buyer_maker,
       buyer_order_id, buyer_order_number, buyer_user_id, buyer_fee * 0.00000001,
       seller_order_id, seller_order_number, seller_user_id, seller_fee * 0.00000001, marked, timestamptz 'epoch' + executed_ms * interval '1 millisecond'
  FROM unnest(
       %(trade_id)s::uuid[], %(number)s::bigint[], %(symbol)s::text[], %(price)s::numeric[], %(quantity)s::numeric[], %(value)s::numeric[],
       %(fee_asset)s::text[], %(is_buyer_maker)s::boolean[],
       %(buyer_order_id)s::uuid[], %(buyer_order_number)s::bigint[], %(buyer_user_id)s::uuid[], %(buyer_fee)s::numeric[],
       %(seller_order_id)s::uuid[], %(seller_order_number)s::bigint[], %(seller_user_id)s::uuid[], %(seller_fee)s::numeric[],
       %(marked)s::boolean[], %(executed_ms)s::bigint[])
       AS fresh(
       trade_id, number, symbol, price, quantity, value, fee_asset, is_buyer_maker,
       buyer_order_id, buyer_order_number, buyer_user_id, buyer_fee, seller_order_id, seller_order_number, seller_user_id, seller_fee,
       marked, executed_ms)
    ON CONFLICT (trade_id, executed_at) DO NOTHING
"""

_SET_SYMBOL = """
INSERT INTO symbols VALUES (
    %(symbol)s, %(base)s, %(quote)s, %(status)s, %(reason)s, %(resume_at)s,
    %(tick)s * 0.00000001, %(lot)s * 0.00000001, %(quantity_min)s * 0.00000001, %(quantity_max)s * 0.00000001,
    %(notional_min)s * 0.00000001, %(band_bps)s, %(breaker_bps)s, %(breaker_halt_ms)s, %(maker_fee_ppm)s, %(taker_fee_ppm)s,
    %(opens_minute)s, %(closes_minute)s, %(shard)s, %(seq)s, %(at)s)
    ON CONFLICT (symbol) DO UPDATE
   SET status = excluded.status, status_reason = excluded.status_reason, resume_at = excluded.resume_at, tick_size = excluded.tick_size,
       lot_size = excluded.lot_size, quantity_min = excluded.quantity_min, quantity_max = excluded.quantity_max,
       notional_min = excluded.notional_min, band_bps = excluded.band_bps, breaker_bps = excluded.breaker_bps,
       breaker_halt_ms = excluded.breaker_halt_ms, maker_fee_ppm = excluded.maker_fee_ppm, taker_fee_ppm = excluded.taker_fee_ppm,
       opens_minute = excluded.opens_minute, closes_minute = excluded.closes_minute, last_seq = excluded.last_seq,
       updated_at = excluded.updated_at
 WHERE symbols.last_seq < excluded.last_seq
"""


def insert_orders(connection: Connection, shard: int, orders: Collection[NewOrder]) -> None:
    """Write orders that the batch brought, accepted or refused."""
    if not orders:
        return
    asked = [order.asked for order in orders]
    changes = [order.change for order in orders]
    accepted = [order.asked if isinstance(order.asked, events.OrderAccepted) else None for order in orders]
    columns = _change_columns(shard, changes) | {
        "shard": shard,
        "number": arrays.numbers(change.number for change in changes),
        "user_id": arrays.ids(order.user_id for order in asked),
        "client_order_id": [order.client_order_id for order in asked],
        "symbol": [order.symbol for order in asked],
        "side": arrays.names(order.side.name for order in asked),
        "order_type": arrays.names(order.type.name for order in asked),
        "time_in_force": arrays.names(order.time_in_force.name for order in asked),
        "quantity": arrays.numbers(change.quantity or order.quantity for order, change in zip(asked, changes, strict=True)),
        "quote_quantity": arrays.numbers(order.quote_quantity for order in asked),
        "price": arrays.numbers(change.price or order.price for order, change in zip(asked, changes, strict=True)),
        "stop_price": arrays.numbers(order.stop_price for order in asked),
        "display_quantity": arrays.numbers(order.display_quantity if order else 0 for order in accepted),
        "activation_price": arrays.numbers(order.activation_price if order else 0 for order in accepted),
        "trail_bps": arrays.numbers(order.trail_bps if order else 0 for order in accepted),
        "post_only": arrays.flags(order.post_only if order else False for order in accepted),
        "filled": arrays.numbers(change.filled or 0 for change in changes),
        "details": arrays.documents(order.details if isinstance(order, events.OrderRejected) else None for order in asked),
        "expires_ms": arrays.numbers((order.expires_ms or None) if order else None for order in accepted),
        "oco": arrays.numbers((order.oco or None) if order else None for order in accepted),
        "replaces": arrays.numbers((order.replaces or None) if order else None for order in accepted),
        "replaces_ms": arrays.numbers((order.replaces_created_ms or None) if order else None for order in accepted),
    }
    connection.execute(_INSERT_ORDERS, columns)


def change_orders(connection: Connection, shard: int, changes: Collection[OrderChange]) -> int:
    """Move orders that the history has forward; returns how many were not there to be moved."""
    if not changes:
        return 0
    columns = _change_columns(shard, changes) | {
        "quantity": arrays.numbers(change.quantity for change in changes),
        "price": arrays.numbers(change.price for change in changes),
        "filled": arrays.numbers(change.filled for change in changes),
        "first": moment(min(change.created_ms for change in changes)),
        "last": moment(max(change.created_ms for change in changes)),
    }
    return len(changes) - connection.execute(_CHANGE_ORDERS, columns).rowcount


def _change_columns(shard: int, changes: Collection[OrderChange]) -> dict[str, object]:
    return {
        "order_id": arrays.ids(trading_uuid(change.created_ms, change.number, shard).bytes for change in changes),
        "created_ms": arrays.numbers(change.created_ms for change in changes),
        "status": arrays.names(change.status.name for change in changes),
        "value": arrays.numbers(change.value for change in changes),
        "fee": arrays.numbers(change.fee for change in changes),
        "reason": [change.reason for change in changes],
        "last_seq": arrays.numbers(change.last_seq for change in changes),
        "updated_ms": arrays.numbers(change.updated_ms for change in changes),
        "filled_ms": arrays.numbers(change.filled_ms for change in changes),
        "cancelled_ms": arrays.numbers(change.cancelled_ms for change in changes),
        "triggered_ms": arrays.numbers(change.triggered_ms for change in changes),
    }


def _moment_or_none(time_ms: int | None) -> datetime | None:
    return None if time_ms is None else moment(time_ms)


def insert_trades(connection: Connection, shard: int, trades: Sequence[tuple[Numbered, events.Trade]]) -> None:
    """Write trades, each as buyer and seller."""
    if not trades:
        return
    both = [_sides(shard, trade) for _, trade in trades]
    columns: dict[str, object] = {
        "shard": shard,
        "trade_id": arrays.ids(trading_uuid(numbered.time_ms, numbered.seq, shard).bytes for numbered, _ in trades),
        "number": arrays.numbers(numbered.seq for numbered, _ in trades),
        "executed_ms": arrays.numbers(numbered.time_ms for numbered, _ in trades),
        "symbol": [trade.symbol for _, trade in trades],
        "fee_asset": [trade.symbol.partition("/")[2] for _, trade in trades],
        "price": arrays.numbers(trade.price for _, trade in trades),
        "quantity": arrays.numbers(trade.quantity for _, trade in trades),
        "value": arrays.numbers(notional_units(trade.price, trade.quantity) for _, trade in trades),
        "is_buyer_maker": arrays.flags(trade.taker_side == Side.SELL for _, trade in trades),
        "marked": arrays.flags(trade.marked for _, trade in trades),
    }
    for place, side in enumerate(("buyer", "seller")):
        columns |= {
            f"{side}_order_id": arrays.ids(sides[place].order_id for sides in both),
            f"{side}_order_number": arrays.numbers(sides[place].number for sides in both),
            f"{side}_user_id": arrays.ids(sides[place].user_id for sides in both),
            f"{side}_fee": arrays.numbers(sides[place].fee for sides in both),
        }
    connection.execute(_INSERT_TRADES, columns)


class _Side(NamedTuple):
    order_id: bytes
    number: int
    user_id: bytes
    fee: int


def _sides(shard: int, trade: events.Trade) -> tuple[_Side, _Side]:
    """Buyer and seller."""
    maker_id = trading_uuid(trade.maker_created_ms, trade.maker_order, shard).bytes
    taker_id = trading_uuid(trade.taker_created_ms, trade.taker_order, shard).bytes
    maker = _Side(maker_id, trade.maker_order, trade.maker_user, trade.maker_fee)
    taker = _Side(taker_id, trade.taker_order, trade.taker_user, trade.taker_fee)
    return (maker, taker) if trade.taker_side == Side.SELL else (taker, maker)


def set_symbol(connection: Connection, shard: int, numbered: Numbered, symbol: events.SymbolChanged) -> None:
    """Write the rules of a symbol as they are now."""
    fields = {name: getattr(symbol, name) for name in symbol.__struct_fields__}
    connection.execute(
        _SET_SYMBOL,
        fields
        | {
            "status": symbol.status.name,
            "resume_at": _moment_or_none(symbol.resume_ms or None),
            "shard": shard,
            "seq": numbered.seq,
            "at": moment(numbered.time_ms),
        },
    )
