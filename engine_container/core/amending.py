"""Amending an open order: smaller at the same price keeps its place in the queue, anything else loses it and may trade."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.amendments import amended
from engine_container.core.book import other_side, take_out
from engine_container.core.cancelling import find, missing
from engine_container.core.closing import free_client_order_id
from engine_container.core.entities import Details, Order, State
from engine_container.core.events import Events
from engine_container.core.execution import limit_key_of, run_limit
from engine_container.core.funds import lock_asset, lock_per_lot, release, shortage, touch, user_of
from engine_container.core.idempotency import answered, remember_command
from engine_container.core.limits import (
    Refusal,
    band_refusal,
    has_limit,
    market_refusal,
    price_refusal,
    quantity_refusal,
    size_refusal,
    too_much,
    turnover_refusal,
)
from engine_container.core.open_orders import remove_open
from engine_container.core.selftrade import shrink
from engine_container.core.vocabulary import AUCTION, LIMIT, REMEMBERED_MS, TAG_REFUSED, is_post_only, kind_of
from mycrypto.contracts.commands import AmendOrder, fields_of


def amend(state: State, command: AmendOrder, events: Events, closed: Events) -> None:
    """Carry out an AmendOrder command; a refusal leaves the order as it was."""
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    user = user_of(state, command.user_id)
    order = find(state, user, command.order_number, command.client_order_id)
    if order is None:
        events.append(missing(state, user, command.order_number, command.client_order_id))
        return
    refusal = _amend(state, order, command.quantity, command.price, events, closed)
    if refusal is not None:
        code, details = refusal
        events.append((TAG_REFUSED, code, details))


def _amend(state: State, order: Order, quantity: int, price: int, events: Events, closed: Events) -> Refusal | None:
    """``quantity`` (open) and ``price`` in units, 0 keeps."""
    symbol = order.account.symbol
    conditions = order.conditions
    details: Details
    if conditions is not None and conditions.sibling is not None:
        return "INVALID_ORDER", {"reason": "a leg of an OCO cannot be amended"}
    if price and not has_limit(kind_of(order.flags)):
        return "INVALID_ORDER", {"reason": "the order has no limit price"}
    refusal = size_refusal(quantity, price, 0, None)
    if refusal is not None:
        return refusal
    lots = quantity // int(symbol.lot) if quantity else int(order.open)
    ticks = price // int(symbol.tick) if price else int(order.price)
    if quantity and (quantity < 0 or lots * symbol.lot != quantity or not symbol.lots_min <= lots <= symbol.lots_max):
        return quantity_refusal(symbol, quantity)
    if price and (price < 0 or ticks * symbol.tick != price):
        return price_refusal(symbol, price)
    reference = ticks or (conditions.stop if conditions is not None and conditions.trail_bps == 0 else 0)
    unit: int = symbol.unit
    value = reference * unit * lots
    per_lot = lock_per_lot(symbol, order.side, ticks, order.rates.highest_ppm) if ticks else int(order.lock_per_lot)
    refusal = too_much(max(value, per_lot * lots))
    if refusal is not None:
        return refusal
    if 0 < value < symbol.notional_min:
        return "MIN_NOTIONAL", {"required": symbol.notional_min, "notional": value}
    if ticks == order.price and lots <= order.open:
        if lots < order.open:
            shrink(state, order, order.open - lots)
        events.append(amended(order, kept_place=True))
        return None
    refusal = market_refusal(state, symbol, order.flags)
    if refusal is None and ticks != order.price and kind_of(order.flags) == LIMIT:
        refusal = band_refusal(symbol, ticks)
    if refusal is None:
        refusal = turnover_refusal(state, order.account.user, symbol, max(0, value - int(order.price) * unit * int(order.open)))
    if refusal is not None:
        return refusal
    balance = lock_asset(order.account, order.side)
    more = per_lot * lots - int(order.lock_per_lot * order.open)
    if balance.available < more:
        details = shortage(balance, more)
        return "WALLET_001", details
    if is_post_only(order.flags) and symbol.status != AUCTION:
        best = other_side(order).best
        if best is not None and best.key >= limit_key_of(order.side, ticks):
            return "POST_ONLY_WOULD_TRADE", {"price": ticks * int(symbol.tick), "best": abs(int(best.key)) * int(symbol.tick)}
    if conditions is not None and conditions.waiting:
        balance.available -= more
        balance.locked += more
        touch(state, balance)
        _renew(order, lots, ticks, per_lot)
        events.append(amended(order, kept_place=True))
        return None
    _requeue(state, order, lots, ticks, per_lot, events, closed)
    return None


def _renew(order: Order, lots: i64, ticks: i64, per_lot: i64) -> None:
    order.total += lots - order.open
    order.open = lots
    order.shown = lots
    order.price = ticks
    order.lock_per_lot = per_lot


def _requeue(state: State, order: Order, lots: i64, ticks: i64, per_lot: i64, events: Events, closed: Events) -> None:
    """Off the book, changed, and in again as a taker; the event says in its place what the order shows in the end."""
    take_out(order)
    release(state, order, order.open)
    remove_open(state, order)
    _renew(order, lots, ticks, per_lot)
    place = events.count
    events.append(amended(order, kept_place=False))
    run_limit(state, order, events, closed)
    symbol = order.account.symbol
    shown = order.shown * symbol.lot if order.level is not None else 0
    events.rows[place] = (*events.rows[place][:8], shown)
    if order.created_ms + REMEMBERED_MS <= state.now_ms:
        free_client_order_id(state, order)
