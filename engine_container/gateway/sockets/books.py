"""The book channel of one symbol: a snapshot, then what changes, numbered without gaps and with a checksum of the top."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Container, Iterable
from typing import Any, Final

from engine_container.gateway.sockets.connection import Connection, text_of
from engine_container.gateway.sockets.protocol import DEPTH_MAX, BookForm
from engine_container.views.books import Book
from mycrypto.contracts.trading import Side
from mycrypto.money import format_amount

LEVELS_MAX: Final = DEPTH_MAX
"""A side's best levels are what a channel is about, so many or fewer: snapshot and updates make exactly these."""
CHECKSUM_LEVELS: Final = 10
REPLAY_MAX: Final = 1_000
"""Updates kept for those who come back after a short break."""


def checksum(book: Book) -> int:
    """CRC-32 of the best ten levels: ``price:quantity`` of bids, best first, then of asks, joined by ``|``."""
    parts = [f"{format_amount(price)}:{format_amount(quantity)}" for side in book.sides for price, quantity, _ in side.top(CHECKSUM_LEVELS)]
    return zlib.crc32("|".join(parts).encode())


class BookChannel:
    """``sequence`` counts the updates of this symbol in this form since this gateway's start; another gateway counts from 1 (another ``epoch``)."""

    def __init__(self, symbol: str, epoch: str, form: BookForm = BookForm()) -> None:  # noqa: B008 - never changed
        self.symbol = symbol
        self._depth = min(form.depth, LEVELS_MAX)
        self._interval_ms = form.interval_ms
        self._waiting: dict[tuple[Side, int], None] = {}
        """Levels that changed since the readers were told."""
        self._slot = -1
        """The interval, counted from 1970, in which the readers were told last."""
        self.readers: set[Connection] = set()
        self._epoch = epoch
        self._sequence = 0
        self._replay: deque[tuple[int, str]] = deque(maxlen=REPLAY_MAX)
        self._known: tuple[set[int], set[int]] = (set(), set())
        """The prices that readers see."""
        self._beyond = [False, False]
        """Whether a side had more than they see."""

    def join(self, reader: Connection, book: Book) -> None:
        """Add a reader and send it the book as it is."""
        if self.readers:
            self._tell(book)
        else:
            self._learn(book)
        self.readers.add(reader)
        reader.push(text_of(self.snapshot(book)))

    def resync(self, reader: Connection, book: Book, epoch: str, last_sequence: int) -> None:
        """Send what a reader has missed, or a new snapshot if that is no longer known."""
        self._tell(book)
        missed = [text for sequence, text in self._replay if sequence > last_sequence]
        if epoch != self._epoch or last_sequence > self._sequence or len(missed) != self._sequence - last_sequence or len(missed) > 50:
            reader.push(text_of(self.snapshot(book)))
            return
        for text in missed:
            reader.push(text)

    def _learn(self, book: Book) -> None:
        self._known = (set(book.bids.best_prices(self._depth)), set(book.asks.best_prices(self._depth)))
        self._beyond = [len(side) > self._depth for side in book.sides]
        self._replay.clear()
        self._waiting.clear()

    def snapshot(self, book: Book) -> dict[str, Any]:
        def levels(side: Side) -> list[tuple[str, str]]:
            return [(format_amount(price), format_amount(quantity)) for price, quantity, _ in book.sides[side].top(self._depth)]

        return {
            "type": "snapshot",
            "stream": "orderbook",
            "symbol": self.symbol,
            "timestamp": book.last_time_ms,
            "sequence": self._sequence,
            "epoch": self._epoch,
            "last_update_id": book.last_seq,
            "checksum": checksum(book),
            "data": {"bids": levels(Side.BUY), "asks": levels(Side.SELL)},
        }

    def changed(self, book: Book, levels: Iterable[tuple[Side, int]]) -> None:
        """These levels may be others than the readers know: they are told now, or when it is time."""
        if not self.readers:
            self._sequence += 1
            return
        self._waiting.update(dict.fromkeys(levels))
        if not self._interval_ms:
            self._tell(book)

    def flush(self, book: Book, time_ms: int) -> None:
        """Tell what waits, if it is time."""
        if self._waiting and (slot := time_ms // self._interval_ms) > self._slot:
            self._slot = slot
            self._tell(book)

    def _tell(self, book: Book) -> None:
        if not self._waiting:
            return
        touched: tuple[list[int], list[int]] = ([], [])
        for side, price in self._waiting:
            touched[side].append(price)
        self._waiting.clear()
        changes = [change for side in (Side.BUY, Side.SELL) for change in self._side_changed(book, side, touched[side])]
        if not changes:
            return  # all of it is deeper than the readers see
        self._sequence += 1
        text = text_of(
            {
                "type": "orderbook_update",
                "stream": "orderbook",
                "symbol": self.symbol,
                "timestamp": book.last_time_ms,
                "sequence": self._sequence,
                "epoch": self._epoch,
                "last_update_id": book.last_seq,
                "checksum": checksum(book),
                "data": {"changes": changes},
            }
        )
        self._replay.append((self._sequence, text))
        for reader in self.readers:
            reader.push(text)

    def _side_changed(self, book: Book, side: Side, touched: list[int]) -> list[dict[str, str]]:
        shown, known = book.sides[side], self._known[side]
        seen: Container[int] = shown.levels
        beyond = len(shown) > self._depth
        if beyond or self._beyond[side]:  # levels come into sight and go out of it with others
            seen = window = set(shown.best_prices(self._depth))
            touched = [*(price for price in touched if price in window and price in known), *(known ^ window)]
            self._beyond[side] = beyond
        changes: list[dict[str, str]] = []
        for price in touched:
            if price in seen:
                action, quantity = ("update" if price in known else "add"), format_amount(shown.levels[price].quantity)
                known.add(price)
            elif price in known:
                action, quantity = "remove", "0"
                known.discard(price)
            else:
                continue
            changes.append({"side": side.name, "price": format_amount(price), "quantity": quantity, "action": action})
        return changes

    def restart(self, book: Book, epoch: str) -> None:
        """The views were rebuilt: every reader starts again from a snapshot."""
        self._epoch = epoch
        self._learn(book)
        text = text_of(self.snapshot(book))
        for reader in self.readers:
            reader.push(text)
