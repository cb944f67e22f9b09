"""The order book: price levels, first come first served within a level."""

from __future__ import annotations

from bisect import bisect_left

from mypy_extensions import i64

from engine_container.core.entities import BookSide, InvariantError, Level, Order, Symbol
from engine_container.core.vocabulary import BUY


def own_side(order: Order) -> BookSide:
    """Where the order rests."""
    symbol = order.account.symbol
    return symbol.bids if order.side == BUY else symbol.asks


def other_side(order: Order) -> BookSide:
    """Where the order finds its counterparts."""
    symbol = order.account.symbol
    return symbol.asks if order.side == BUY else symbol.bids


def crosses(symbol: Symbol, side: i64, price: i64) -> bool:
    """Whether an order of a side meets the other side at a limit in ticks."""
    if side == BUY:
        best = symbol.asks.best
        return best is not None and best.key >= -price
    best = symbol.bids.best
    return best is not None and best.key >= price


def key_of(side: i64, price: i64) -> i64:
    """The key of a price on the side where it rests."""
    return price if side == BUY else -price


def rest(order: Order) -> None:
    """Put the order at the end of the queue at its price."""
    if order.side == BUY:
        side = order.account.symbol.bids
        key = order.price
    else:
        side = order.account.symbol.asks
        key = -order.price
    level = side.levels.find(key)
    if level is None:
        level = open_level(side, key)
    order.level = level
    level.open += order.open
    tail = level.tail
    if tail is None:
        level.head = order
    else:
        tail.newer = order
        order.older = tail
    level.tail = order


def take_out(order: Order) -> None:
    """Remove a resting order from its level, and the level if nothing is left of it."""
    level = order.level
    if level is None:
        raise InvariantError(f"order {order.number} does not rest")
    level.open -= order.open
    unlink(order, level)
    if level.head is None:
        _close_level(own_side(order), level)


def unlink(order: Order, level: Level) -> None:
    """Take the order out of its level's queue; links are cleared, because the engine runs without the collector of cycles."""
    older = order.older
    newer = order.newer
    if older is None:
        level.head = newer
    else:
        older.newer = newer
        order.older = None
    if newer is None:
        level.tail = older
    else:
        newer.older = older
        order.newer = None
    order.level = None


def to_the_back(order: Order, level: Level) -> None:
    """An iceberg that shows a new part queues again at its price."""
    if level.tail is order:
        return
    unlink(order, level)
    tail = level.tail
    if tail is None:
        raise InvariantError(f"level {level.key} lost its queue")
    tail.newer = order
    order.older = tail
    level.tail = order
    order.level = level


def open_level(side: BookSide, key: i64) -> Level:
    """A new, empty level in its place."""
    level = Level(key)
    side.levels.add(key, level)
    keys = side.keys
    best = side.best
    if best is None or key > best.key:
        keys.append(key)
        side.best = level
    else:
        keys.insert(bisect_left(keys, key), key)
    return level


def level_at(side: BookSide, key: i64) -> Level:
    """The level of a key that is there."""
    level = side.levels.find(key)
    if level is None:
        raise InvariantError(f"no level {key}")
    return level


def _close_level(side: BookSide, level: Level) -> None:
    key = level.key
    keys = side.keys
    side.levels.remove(key)
    if side.best is level:
        keys.pop()
        side.best = side.levels.find(keys[-1]) if keys else None
    else:
        del keys[bisect_left(keys, key)]


def unlink_and_close(side: BookSide, order: Order, level: Level) -> None:
    """Take an order out of its level's queue, and the level out of the book if that was its last."""
    unlink(order, level)
    if level.head is None:
        _close_level(side, level)


def remove_emptied(side: BookSide, level: Level) -> None:
    """Drop a level whose last order was taken by a trade."""
    if level.head is None:
        _close_level(side, level)


def orders_of(side: BookSide) -> list[Order]:
    """Every order of a side, best price first, oldest first within a price."""
    orders: list[Order] = []
    for key in reversed(side.keys):
        order = level_at(side, key).head
        while order is not None:
            orders.append(order)
            order = order.newer
    return orders
