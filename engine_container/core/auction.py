"""The opening auction: after a call phase in which orders only gather, all that can trade trades at one price.

The price is that of the greatest volume; ties go to the smallest imbalance, then to the nearest to the last price, then to the lowest.
Self-trade prevention comes before the price: what it takes away must not be counted, or the market would open crossed.
"""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.book import level_at, orders_of, remove_emptied, to_the_back, unlink
from engine_container.core.closing import cancel, close_filled, promote
from engine_container.core.entities import BookSide, InvariantError, Order, Symbol
from engine_container.core.events import Events
from engine_container.core.funds import release
from engine_container.core.matching import trade
from engine_container.core.order_flags import prevention_of
from engine_container.core.selftrade import REASON, decrement
from engine_container.core.state import RULES_OF_SAFETY, State
from engine_container.core.vocabulary import BUY, STP_ALLOW, STP_CANCEL_BOTH, STP_CANCEL_MAKER, STP_DECREMENT


def clearing_price(symbol: Symbol) -> int:
    """The price in ticks at which the book crosses with the greatest volume; 0 if it does not cross."""
    bids = symbol.bids
    asks = symbol.asks
    if bids.best is None or asks.best is None or bids.best.key < -asks.best.key:
        return 0
    lowest: int = -asks.best.key
    highest: int = bids.best.key
    prices = sorted({key for key in bids.keys if key >= lowest} | {-key for key in asks.keys if -key <= highest})
    demand: int = sum([int(level.open) for level in bids.levels.values() if level.key >= prices[0]])
    supply: int = 0
    ask_keys = list(reversed(asks.keys))
    next_ask = 0
    best: tuple[int, int, int, int] | None = None
    for price in prices:
        while next_ask < len(ask_keys) and -ask_keys[next_ask] <= price:
            supply += int(level_at(asks, ask_keys[next_ask]).open)
            next_ask += 1
        distance = abs(price - int(symbol.last_price)) if symbol.last_price > 0 else 0
        candidate = (-min(demand, supply), abs(demand - supply), distance, price)
        if best is None or candidate < best:
            best = candidate
        bid_level = bids.levels.find(price)
        if bid_level is not None:
            demand -= int(bid_level.open)
    return best[3] if best is not None else 0


def uncross(state: State, symbol: Symbol, events: Events, closed: Events) -> None:
    """Trade at the clearing price until the book is crossed no longer. The later order of a pair is its taker."""
    price = clearing_price(symbol)
    if state.rules >= RULES_OF_SAFETY and price > 0 and _may_meet_its_own(symbol, price):
        price = _price_without_own_pairs(state, symbol, price, events, closed)
    while price > 0:
        bid_level = symbol.bids.best
        ask_level = symbol.asks.best
        if bid_level is None or ask_level is None or bid_level.key < price or -ask_level.key > price:
            return
        bid = bid_level.head
        ask = ask_level.head
        if bid is None or ask is None:
            raise InvariantError(f"empty level in the book of {symbol.name}")
        maker, taker = (bid, ask) if bid.number < ask.number else (ask, bid)
        own = bid.account.user is ask.account.user
        mode = prevention_of(taker.flags)
        if own and mode != STP_ALLOW:
            _prevent(state, maker, taker, mode, events, closed)
            continue
        promote(state, maker, closed)
        promote(state, taker, closed)
        _trade(state, maker, taker, price, own, events, closed)


def _price_without_own_pairs(state: State, symbol: Symbol, price: int, events: Events, closed: Events) -> int:
    """Prevent the first pair of one user's orders that would trade with each other and find the price again, until no such pair is left.
    Returns the last price found.

    An order that prevention ends takes no part in the auction, and one that it makes smaller takes part with what is left. Every round ends an order.
    """
    while price > 0:
        pair = _own_pair(symbol, price)
        if pair is None:
            break
        maker, taker = pair
        _prevent(state, maker, taker, prevention_of(taker.flags), events, closed)
        price = clearing_price(symbol)
    return price


def _may_meet_its_own(symbol: Symbol, price: int) -> bool:
    """Whether anybody stands on both sides at this price, or beyond it."""
    buyers = {int(order.account.user.index) for order in orders_of(symbol.bids) if order.price >= price}
    sellers = {int(order.account.user.index) for order in orders_of(symbol.asks) if order.price <= price}
    return not buyers.isdisjoint(sellers)


class _Queue:
    """One side of the book as the auction would eat it: what is left of each order, best price first, without touching the orders."""

    __slots__ = ("at", "level", "limit_key", "orders", "shown", "side", "unshown")

    def __init__(self, side: BookSide, limit_key: i64) -> None:
        self.side = side
        self.limit_key = limit_key
        self.level = len(side.keys)
        """The place of the level in hand among the keys; the orders of one level are read at a time."""
        self.at = 0
        """The place of the head among those."""
        self.orders: list[Order] = []
        self.shown: list[int] = []
        self.unshown: list[int] = []

    def head(self) -> Order | None:
        """The next order to trade; ``None`` where none is left at the price."""
        while self.at == len(self.orders):
            if self.level == 0 or self.side.keys[self.level - 1] < self.limit_key:
                return None
            self.level -= 1
            self.at = 0
            self.orders.clear()
            self.shown.clear()
            self.unshown.clear()
            order = level_at(self.side, self.side.keys[self.level]).head
            while order is not None:
                self.orders.append(order)
                self.shown.append(int(order.shown))
                self.unshown.append(int(order.open - order.shown))
                order = order.newer
        return self.orders[self.at]

    def take(self, lots: int) -> None:
        """So many lots of the head trade, no more than it shows; an iceberg that shows a new part queues again."""
        at = self.at
        self.shown[at] -= lots
        if self.shown[at] > 0:
            return
        self.at += 1
        left = self.unshown[at]
        order = self.orders[at]
        if left > 0 and order.conditions is not None:
            part = min(left, int(order.conditions.display))
            self.orders.append(order)
            self.shown.append(part)
            self.unshown.append(left - part)


def _own_pair(symbol: Symbol, price: int) -> tuple[Order, Order] | None:
    """The first two orders of one user that would meet at this price and must not trade, the earlier one first."""
    bids = _Queue(symbol.bids, price)
    asks = _Queue(symbol.asks, -price)
    while True:
        bid = bids.head()
        ask = asks.head()
        if bid is None or ask is None:
            return None
        maker, taker = (bid, ask) if bid.number < ask.number else (ask, bid)
        if bid.account.user is ask.account.user and prevention_of(taker.flags) != STP_ALLOW:
            return maker, taker
        lots = min(bids.shown[bids.at], asks.shown[asks.at])
        bids.take(lots)
        asks.take(lots)


def _prevent(state: State, maker: Order, taker: Order, mode: i64, events: Events, closed: Events) -> None:
    """Self-trade prevention between two resting orders."""
    if mode == STP_DECREMENT:
        lots = min(maker.open, taker.open)
        for order in (maker, taker):
            if order.open == lots:
                cancel(state, order, REASON, closed)
            else:
                decrement(state, order, lots, events)
        return
    if mode in {STP_CANCEL_MAKER, STP_CANCEL_BOTH}:
        cancel(state, maker, REASON, closed)
    if mode != STP_CANCEL_MAKER:
        cancel(state, taker, REASON, closed)


def _trade(state: State, maker: Order, taker: Order, price: i64, own: bool, events: Events, closed: Events) -> None:
    lots = min(maker.shown, taker.shown)
    maker_part_taken = lots == maker.shown
    taker_shown = taker.shown - lots
    release(state, taker, lots)
    trade(state, maker, taker, price, lots, own, events)
    if taker.level is not None:
        taker.level.open -= lots
    taker.shown = taker_shown
    if taker_shown == 0 and taker.conditions is not None:
        taker.shown = min(taker.conditions.display, int(taker.open))
    _after(state, maker, maker_part_taken, closed)
    _after(state, taker, taker_shown == 0, closed)


def _after(state: State, order: Order, part_taken: bool, closed: Events) -> None:
    level = order.level
    if level is None:
        raise InvariantError(f"order {order.number} does not rest")
    if order.open == 0:
        side: BookSide = order.account.symbol.bids if order.side == BUY else order.account.symbol.asks
        unlink(order, level)
        remove_emptied(side, level)
        close_filled(state, order, closed)
    elif part_taken:
        to_the_back(order, level)
