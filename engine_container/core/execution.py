"""What becomes of an order that may trade: it meets the other side, then rests or ends."""

from __future__ import annotations

from heapq import heappush

from mypy_extensions import i64

from engine_container.core.amendments import amended
from engine_container.core.book import other_side, rest
from engine_container.core.closing import announce
from engine_container.core.depth import UNBOUNDED, Reach, reach
from engine_container.core.entities import Order
from engine_container.core.events import Events
from engine_container.core.funds import lock
from engine_container.core.limits import expiry_of
from engine_container.core.matching import HALTED_BY_TRADE, PREVENTED, SHORT_OF_MONEY, match
from engine_container.core.open_orders import add_open
from engine_container.core.order_flags import may_rest, prevention_of, time_in_force_of
from engine_container.core.state import State
from engine_container.core.statuses import halt
from engine_container.core.vocabulary import AUCTION, BUY, CANCELLED, DAY, FILLED


def limit_key_of(side: i64, price: i64) -> i64:
    """The worst key of the other side that a limit in ticks admits."""
    return -price if side == BUY else price


def market_key(order: Order) -> i64:
    """The worst key that a market order may reach: the edge of the band around the last trade."""
    symbol = order.account.symbol
    return -symbol.highest if order.side == BUY else symbol.lowest


def run_limit(state: State, order: Order, events: Events, closed: Events) -> None:
    """A limit order whose money is available and not locked: trade, then rest, unless it may not."""
    symbol = order.account.symbol
    total_before = order.total
    if symbol.status == AUCTION:
        settle_in_book(state, order)
        return
    outcome = match(state, order, limit_key_of(order.side, order.price), events, closed)
    reason = "IOC"
    if outcome == HALTED_BY_TRADE:
        reason = "HALT"
    elif outcome == PREVENTED:
        reason = "SELF_TRADE_PREVENTION"
    elif order.open > 0 and may_rest(order.flags):
        settle_in_book(state, order)
    if order.total != total_before:
        events.append(amended(order, kept_place=False))
    if order.level is None:
        finish(order, reason, closed)
    if outcome == HALTED_BY_TRADE:
        halt(state, symbol, events, closed)


def settle_in_book(state: State, order: Order) -> None:
    """The order rests: its funds are locked, its expiry is noted, the user has one open order more."""
    conditions = order.conditions
    if conditions is not None and conditions.display > 0:
        order.shown = min(conditions.display, order.open)
    lock(state, order)
    rest(order)
    add_open(state, order)
    note_expiry(state, order)


def note_expiry(state: State, order: Order) -> None:
    """Have :mod:`engine_container.core.expiry` look at the order when its time comes."""
    if time_in_force_of(order.flags) < DAY:
        return
    expires_ms = expiry_of(order.account.symbol, time_in_force_of(order.flags), order.conditions, order.created_ms)
    if expires_ms > 0:
        heappush(state.expiring, (expires_ms, order.number, order))


def finish(order: Order, reason: str, closed: Events) -> None:
    """Announce the end of an order that never came to rest."""
    if order.open == 0 and order.total > 0 and reason != "SELF_TRADE_PREVENTION":
        announce(order, FILLED, "", closed)
    else:
        announce(order, CANCELLED, reason, closed)


def market_reach(order: Order, taker_ppm: i64, money: int, *, fee_included: bool = False) -> Reach:
    """What a market order can have now; ``money`` bounds what a BUY may spend with fees (UNBOUNDED: whatever it costs). ``fee_included``: the value that
    it was given by does too.
    """
    conditions = order.conditions
    value = conditions.quote_quantity if conditions is not None and conditions.quote_quantity > 0 else UNBOUNDED
    lots = order.open if value == UNBOUNDED else UNBOUNDED
    prevention = prevention_of(order.flags)
    return reach(other_side(order), order.account, taker_ppm, prevention, market_key(order), lots, value, money, fee_included)


def fillable(order: Order) -> int:
    """How many lots a limit order would get at once."""
    account = order.account
    limit_key = limit_key_of(order.side, order.price)
    prevention = prevention_of(order.flags)
    return reach(other_side(order), account, order.rates.taker_ppm, prevention, limit_key, order.open, UNBOUNDED, UNBOUNDED, False).lots


def run_market(state: State, order: Order, reachable: Reach, events: Events, closed: Events) -> None:
    """A market order: trade what is reachable, at once, and cancel what is left."""
    asked = order.open
    by_value = order.conditions is not None and order.conditions.quote_quantity > 0
    if by_value:
        order.total = order.open = order.shown = reachable.lots
    withheld: i64 = 0
    if not by_value and order.side == BUY and not reachable.exhausted and reachable.lots < asked:
        withheld = asked - reachable.lots
        order.open = order.shown = reachable.lots
    total_before = order.total
    outcome = match(state, order, market_key(order), events, closed)
    order.open += withheld
    reason = "NO_LIQUIDITY"
    if outcome == HALTED_BY_TRADE:
        reason = "HALT"
    elif outcome == PREVENTED:
        reason = "SELF_TRADE_PREVENTION"
    elif withheld or outcome == SHORT_OF_MONEY:
        reason = "INSUFFICIENT_FUNDS"
    elif by_value and reachable.exhausted:
        announce(order, CANCELLED, reason, closed)
        return
    if order.total != total_before:
        events.append(amended(order, kept_place=False))
    finish(order, reason, closed)
    if outcome == HALTED_BY_TRADE:
        halt(state, order.account.symbol, events, closed)
