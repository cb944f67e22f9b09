"""Where conditional orders wait: by trigger price, and in order of entry."""

from __future__ import annotations

from bisect import bisect_left, insort

from engine_container.core.entities import InvariantError, Order, OrderConditions, Symbol
from engine_container.core.limits import lowered, raised
from engine_container.core.order_flags import kind_of
from engine_container.core.vocabulary import BPS, BUY, TAKE_PROFIT, TAKE_PROFIT_LIMIT, TRAILING_STOP


def conditions_of(order: Order) -> OrderConditions:
    conditions = order.conditions
    if conditions is None:
        raise InvariantError(f"order {order.number} has no conditions")
    return conditions


def fires_upward(order: Order) -> bool:
    """A BUY stop and a SELL take-profit fire when the price rises to the trigger, the others when it falls to it."""
    takes_profit = kind_of(order.flags) in {TAKE_PROFIT, TAKE_PROFIT_LIMIT}
    return (order.side == BUY) != takes_profit


def activates_upward(order: Order) -> bool:
    """A trailing order of the STOP types begins to track where a stop would fire; TRAILING_STOP on the profitable side."""
    if kind_of(order.flags) == TRAILING_STOP:
        return order.side != BUY
    return fires_upward(order)


def arm(order: Order) -> None:
    """Let the order wait for its trigger."""
    symbol = order.account.symbol
    conditions = conditions_of(order)
    conditions.waiting = True
    symbol.waiting[order.number] = order
    list_again(order)
    if conditions.trail_bps > 0:
        follow(order, symbol.last_price)


def list_again(order: Order) -> None:
    """Put an order that waited before a restart back under its trigger."""
    symbol = order.account.symbol
    conditions = conditions_of(order)
    if conditions.queued:
        return
    if conditions.trail_bps > 0:
        symbol.trailing[order.number] = order
    elif fires_upward(order):
        insort(symbol.rising, (conditions.stop, order.number))
    else:
        insort(symbol.falling, (-conditions.stop, order.number))


def disarm(order: Order) -> None:
    """The order waits no longer."""
    conditions = conditions_of(order)
    conditions.waiting = False
    if not conditions.queued:
        _unlist(order, conditions)
    conditions.queued = False
    del order.account.symbol.waiting[order.number]


def _unlist(order: Order, conditions: OrderConditions) -> None:
    symbol = order.account.symbol
    if conditions.trail_bps > 0:
        del symbol.trailing[order.number]
    elif fires_upward(order):
        _remove(symbol.rising, (conditions.stop, order.number))
    else:
        _remove(symbol.falling, (-conditions.stop, order.number))


def _remove(index: list[tuple[int, int]], entry: tuple[int, int]) -> None:
    place = bisect_left(index, entry)
    if place == len(index) or index[place] != entry:
        raise InvariantError(f"no waiting order {entry}")
    del index[place]


def follow(order: Order, price: int) -> bool:
    """Show a traded price to a trailing order; True if it fires. The trigger is extreme x (1 -/+ bps)."""
    if price == 0:
        return False
    conditions = conditions_of(order)
    if conditions.extreme == 0:
        if conditions.activation > 0:
            reached = price >= conditions.activation if activates_upward(order) else price <= conditions.activation
            if not reached:
                return False
        conditions.extreme = price
        conditions.stop = price
        return False
    if order.side == BUY:
        conditions.extreme = min(conditions.extreme, price)
        conditions.stop = raised(conditions.extreme, conditions.trail_bps)
        return price * BPS >= conditions.extreme * (BPS + conditions.trail_bps)
    conditions.extreme = max(conditions.extreme, price)
    conditions.stop = lowered(conditions.extreme, conditions.trail_bps)
    return price * BPS <= conditions.extreme * (BPS - conditions.trail_bps)


def reached(order: Order, price: int) -> bool:
    """Whether a plain conditional order's trigger is already met at this last price (0: none yet)."""
    if price == 0:
        return False
    conditions = conditions_of(order)
    return price >= conditions.stop if fires_upward(order) else price <= conditions.stop


def queue_fired(symbol: Symbol) -> None:
    """Queue the orders that fire at a price traded since the last look, in order of entry."""
    prints = symbol.prints
    if not prints:
        return
    numbers: list[int] = []
    low = min(prints)
    high = max(prints)
    for trigger, number in symbol.rising:
        if trigger > high:
            break
        numbers.append(number)
    for trigger, number in symbol.falling:
        if -trigger < low:
            break
        numbers.append(number)
    for number, order in symbol.trailing.items():
        for price in prints:
            if follow(order, price):
                numbers.append(number)
                break
    prints.clear()
    numbers.sort()
    for number in numbers:
        order = symbol.waiting[number]
        conditions = conditions_of(order)
        _unlist(order, conditions)
        conditions.queued = True
        symbol.fired.append(order)
