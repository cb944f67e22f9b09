"""Trades: the newest of every symbol for the public, and each user's own until the history has them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import Side
from mycrypto.money import notional_units

RECENT_PER_SYMBOL: Final = 1_000


class TradeRecord(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A trade with its number and log time."""

    number: int
    time_ms: int
    trade: Trade

    def is_party(self, user_id: bytes) -> bool:
        return user_id in {self.trade.maker_user, self.trade.taker_user}


class OwnFill(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One side of a trade, as the owner of that side sees it."""

    record: TradeRecord
    is_maker: bool

    @property
    def order(self) -> int:
        return self.record.trade.maker_order if self.is_maker else self.record.trade.taker_order

    @property
    def order_created_ms(self) -> int:
        return self.record.trade.maker_created_ms if self.is_maker else self.record.trade.taker_created_ms

    @property
    def fee(self) -> int:
        return self.record.trade.maker_fee if self.is_maker else self.record.trade.taker_fee

    @property
    def value(self) -> int:
        """In quote units."""
        return notional_units(self.record.trade.price, self.record.trade.quantity)

    @property
    def side(self) -> Side:
        taker = self.record.trade.taker_side
        if not self.is_maker:
            return taker
        return Side.SELL if taker is Side.BUY else Side.BUY


class TradesImage(msgspec.Struct, frozen=True, array_like=True):
    """What :class:`Trades` knows: all that the history may not have, and the public's newest by symbol, both oldest first."""

    records: list[TradeRecord]
    recent: dict[str, list[TradeRecord]]
    evicted_number: int


class Trades:
    """Kept in the order of their numbers; the oldest go first."""

    def __init__(self) -> None:
        self._all: deque[TradeRecord] = deque()
        self._by_number: dict[int, TradeRecord] = {}
        self._by_symbol: dict[str, deque[TradeRecord]] = {}
        self._by_user: dict[bytes, deque[OwnFill]] = {}
        self.evicted_number = 0
        """Trades up to this number may be missing here; the history has them."""

    def __len__(self) -> int:
        return len(self._all)

    def image(self) -> TradesImage:
        return TradesImage(list(self._all), {symbol: list(recent) for symbol, recent in self._by_symbol.items()}, self.evicted_number)

    @staticmethod
    def of_image(image: TradesImage) -> Trades:
        """Trades that know the same."""
        found = Trades()
        for record in image.records:
            found._keep(record)
        for symbol, records in image.recent.items():
            shared = (found._by_number.get(record.number, record) for record in records)
            found._by_symbol[symbol] = deque(shared, maxlen=RECENT_PER_SYMBOL)
        found.evicted_number = image.evicted_number
        return found

    def add(self, record: TradeRecord) -> None:
        self._keep(record)
        symbol = record.trade.symbol
        recent = self._by_symbol.get(symbol)
        if recent is None:
            recent = self._by_symbol[symbol] = deque(maxlen=RECENT_PER_SYMBOL)
        recent.append(record)

    def _keep(self, record: TradeRecord) -> None:
        self._all.append(record)
        self._by_number[record.number] = record
        self._own(record.trade.maker_user).append(OwnFill(record, is_maker=True))
        self._own(record.trade.taker_user).append(OwnFill(record, is_maker=False))

    def _own(self, user_id: bytes) -> deque[OwnFill]:
        fills = self._by_user.get(user_id)
        if fills is None:
            fills = self._by_user[user_id] = deque()
        return fills

    def get(self, number: int) -> TradeRecord | None:
        return self._by_number.get(number)

    def recent(self, symbol: str, count: int) -> list[TradeRecord]:
        """The newest trades of a symbol, newest first."""
        return list(islice(reversed(self._by_symbol.get(symbol, ())), count))

    def own(self, user_id: bytes) -> Iterator[OwnFill]:
        """A user's fills, newest first."""
        return reversed(self._by_user.get(user_id, deque()))

    def evict(self, through_number: int, before_ms: int) -> int:
        """Forget trades that the history has and that are older than ``before_ms``; returns how many went."""
        count = 0
        while self._all and self._all[0].number <= through_number and self._all[0].time_ms < before_ms:
            record = self._all.popleft()
            del self._by_number[record.number]
            self._drop_oldest(record.trade.maker_user)
            self._drop_oldest(record.trade.taker_user)
            self.evicted_number = record.number
            count += 1
        return count

    def _drop_oldest(self, user_id: bytes) -> None:
        fills = self._by_user[user_id]
        fills.popleft()
        if not fills:
            del self._by_user[user_id]
