"""Matching: the taker meets the best of the other side, price first, then time, at the resting order's price.

A taker locks nothing while it trades: its money was checked at acceptance and moves with each trade; what then rests is locked.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.book import remove_emptied, to_the_back, unlink
from engine_container.core.breaker import observe
from engine_container.core.closing import close_filled, promote
from engine_container.core.entities import BookSide, InvariantError, Order
from engine_container.core.events import Events
from engine_container.core.fees import fee
from engine_container.core.funds import touch
from engine_container.core.limits import count_turnover
from engine_container.core.order_flags import prevention_of, time_in_force_of
from engine_container.core.selftrade import prevent
from engine_container.core.state import State
from engine_container.core.vocabulary import BUY, FOK, STP_ALLOW, STP_DECREMENT

DONE: Final = 0
"""Nothing left to trade with, or nothing left to trade."""
PREVENTED: Final = 1
"""Self-trade prevention ends the order here."""
HALTED_BY_TRADE: Final = 2
"""A trade moved the price so far that the symbol was halted."""
SHORT_OF_MONEY: Final = 3
"""A market BUY cannot pay for more: it came past an order of its own user, beyond what its money was checked for, or fired (before RULES_OF_SAFETY)
with its money counted at another fee rate than its own."""


def match(state: State, taker: Order, limit_key: i64, events: Events, closed: Events) -> int:
    """Trade until the taker is filled or the other side is worse than ``limit_key``; says why it ended."""
    account = taker.account
    symbol = account.symbol
    user = account.user
    side: BookSide = symbol.asks if taker.side == BUY else symbol.bids
    prevention = prevention_of(taker.flags)
    all_or_nothing = time_in_force_of(taker.flags) == FOK
    unchecked = taker.side == BUY and taker.price == 0 and (prevention == STP_DECREMENT or _rates_changed(taker))
    halted = False
    while taker.open > 0:
        level = side.best
        if level is None or level.key < limit_key:
            break
        maker = level.head
        if maker is None:
            raise InvariantError(f"empty level {level.key} in the book of {symbol.name}")
        own = maker.account.user is user
        if own and prevention != STP_ALLOW:
            if not prevent(state, taker, maker, prevention, events, closed):
                return PREVENTED
            continue
        price = level.key if level.key > 0 else -level.key
        lots = min(maker.shown, taker.open)
        if unchecked and not own:
            lots = _affordable(taker, price, lots)
            if lots == 0:
                return SHORT_OF_MONEY
        if maker.conditions is not None:
            promote(state, maker, closed)
        part_taken = lots == maker.shown
        breached = trade(state, maker, taker, price, lots, own, events)
        if maker.open == 0:
            unlink(maker, level)
            remove_emptied(side, level)
            close_filled(state, maker, closed)
        elif part_taken:
            to_the_back(maker, level)
        if breached:
            halted = True
            if not all_or_nothing:
                break
    return HALTED_BY_TRADE if halted else DONE


def _rates_changed(taker: Order) -> bool:
    """Whether the taker's user pays another rate by now: before RULES_OF_SAFETY what it can pay for was counted with that."""
    return taker.rates.taker_ppm != taker.account.rates.taker_ppm


def _affordable(taker: Order, price: i64, lots: i64) -> i64:
    """As many of the lots as a BUY's user can pay for at a price in ticks, fee included."""
    lot_value = price * taker.account.symbol.unit
    available = taker.account.quote.available
    value = lot_value * lots
    if value + fee(value, taker.rates.taker_ppm) <= available:
        return lots
    affordable = available // (lot_value + fee(lot_value, taker.rates.taker_ppm))
    return min(affordable, lots)


def trade(state: State, maker: Order, taker: Order, price: i64, lots: i64, own: bool, events: Events) -> bool:
    """One fill: money, fees and quantities of both sides, and its event; True if the price trips the circuit breaker.

    The maker's funds are locked, the taker's are not. No product passes 64 bits: an order's own value and quantity are at most AMOUNT_MAX, and it
    never trades at a price worse than its own.
    """
    symbol = maker.account.symbol
    lot = symbol.lot
    value = price * symbol.unit * lots
    base_units = lot * lots
    maker_fee = fee(value, maker.rates.maker_ppm)
    taker_fee = fee(value, taker.rates.taker_ppm)
    maker_base = maker.account.base
    maker_quote = maker.account.quote
    taker_base = taker.account.base
    taker_quote = taker.account.quote
    freed = maker.lock_per_lot * lots
    if taker.side == BUY:
        taker_quote.available -= value + taker_fee
        taker_base.available += base_units
        maker_base.locked -= freed
        maker_quote.available += value - maker_fee
    else:
        taker_base.available -= base_units
        taker_quote.available += value - taker_fee
        maker_quote.locked -= freed
        maker_quote.available += freed - value - maker_fee
        maker_base.available += base_units
    touch(state, taker_base)
    touch(state, taker_quote)
    touch(state, maker_base)
    touch(state, maker_quote)
    symbol.quote_total.units -= maker_fee + taker_fee
    count_turnover(state, symbol, maker.account.user, taker.account.user, value)

    maker.open -= lots
    maker.shown -= lots
    taker.open -= lots
    taker.shown = taker.open
    level = maker.level
    if level is not None:
        level.open -= lots
    if maker.shown == 0 and maker.open > 0 and maker.conditions is not None:
        display = i64(maker.conditions.display)
        maker.shown = min(display, maker.open)
    events.trade(symbol, price, lots, maker, maker_fee, taker, taker_fee, own)
    if price == symbol.last_price:
        return False
    return observe(state, symbol, price)
