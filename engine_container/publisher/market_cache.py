"""Books and tickers in Redis, for readers that do not ask a gateway.

``orderbook:{SYMBOL}`` is a sorted set of the best levels: score -1, -2, ... for bids and 1, 2, ... for asks, best next to zero; each member
is JSON with side, price, quantity, orders and timestamp. ``ticker:{SYMBOL}`` is JSON and expires after a second, so that an old one never
looks new. Both may be wiped at any time; the next change writes them again.
"""

from __future__ import annotations

import time
from typing import Final

import msgspec
from redis.asyncio import Redis

from engine_container.views.books import Book
from engine_container.views.minutes import Minutes
from engine_container.views.projection import Projection
from engine_container.views.rendering import ticker_model
from engine_container.views.symbols import compact
from mycrypto.money import format_amount

LEVELS: Final = 100
BOOK_SECONDS: Final = 0.1
TICKER_SECONDS: Final = 0.5
TICKER_LIFE_MS: Final = 1_000
_encode: Final = msgspec.json.Encoder().encode


class BookLevel(msgspec.Struct, frozen=True):
    side: str
    price: str
    quantity: str
    orders: int
    timestamp: int


def book_members(book: Book) -> dict[bytes, int]:
    """The members of the sorted set with their scores."""
    members: dict[bytes, int] = {}
    for side, levels, sign in (("BUY", book.bids, -1), ("SELL", book.asks, 1)):
        for place, (price, quantity, orders) in enumerate(levels.top(LEVELS), start=1):
            level = BookLevel(side, format_amount(price), format_amount(quantity), orders, book.last_time_ms)
            members[_encode(level)] = sign * place
    return members


class MarketCache:
    """Writes what has changed; the caller decides when."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._written: dict[str, int] = {}

    async def write_books(self, views: Projection) -> int:
        """Every book that changed since it was written; returns how many."""
        changed = [(symbol, book) for symbol, book in views.books.items() if self._written.get(symbol, -1) != book.last_seq]
        for symbol, book in changed:
            seq = book.last_seq
            key = f"orderbook:{compact(symbol)}"
            members = book_members(book)
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(key)
                if members:
                    pipe.zadd(key, members)
                await pipe.execute()
            self._written[symbol] = seq
        return len(changed)

    async def write_tickers(self, views: Projection) -> None:
        """Every ticker, to live for a second. One that is not there any more was wiped with the books, or nothing was written for long: then
        the books are written again.
        """
        now_ms = time.time_ns() // 1_000_000
        async with self._redis.pipeline(transaction=False) as pipe:
            for symbol, book in views.books.items():
                ticker = ticker_model(symbol, views.minutes.get(symbol) or Minutes(), book, now_ms)
                pipe.set(f"ticker:{compact(symbol)}", _encode(ticker), px=TICKER_LIFE_MS, get=True)
            before = await pipe.execute()
        if None in before:
            self.forget()

    def forget(self) -> None:
        """Write every book again: the cache was away and may have been wiped."""
        self._written.clear()
