"""The opening auction: after a call phase in which orders only gather, all that can trade trades at one price.

The price is that of the greatest volume; ties go to the smallest imbalance, then to the nearest to the last price, then to the lowest.
"""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.amendments import amended
from engine_container.core.book import level_at, remove_emptied, to_the_back, unlink
from engine_container.core.closing import cancel, close_filled, take_over
from engine_container.core.emitting import Events
from engine_container.core.entities import BookSide, InvariantError, Order, State, Symbol
from engine_container.core.funds import release
from engine_container.core.matching import trade
from engine_container.core.selftrade import REASON, shrink
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
        own = bid.seat.user is ask.seat.user
        mode = (taker.style >> 6) & 7
        if own and mode != STP_ALLOW:
            _prevent(state, maker, taker, mode, events, closed)
            continue
        take_over(state, maker, closed)
        take_over(state, taker, closed)
        _trade(state, maker, taker, price, own, events, closed)


def _prevent(state: State, maker: Order, taker: Order, mode: i64, events: Events, closed: Events) -> None:
    """Self-trade prevention between two resting orders."""
    if mode == STP_DECREMENT:
        lots = min(maker.open, taker.open)
        for order in (maker, taker):
            if order.open == lots:
                cancel(state, order, REASON, closed)
            else:
                shrink(state, order, lots)
                events.append(amended(order, kept_place=True))
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
    if taker_shown == 0 and taker.terms is not None:
        taker.shown = min(taker.terms.display, int(taker.open))
    _after(state, maker, maker_part_taken, closed)
    _after(state, taker, taker_shown == 0, closed)


def _after(state: State, order: Order, part_taken: bool, closed: Events) -> None:
    level = order.level
    if level is None:
        raise InvariantError(f"order {order.number} does not rest")
    if order.open == 0:
        side: BookSide = order.seat.symbol.bids if order.side == BUY else order.seat.symbol.asks
        unlink(order, level)
        remove_emptied(side, level)
        close_filled(state, order, closed)
    elif part_taken:
        to_the_back(order, level)
