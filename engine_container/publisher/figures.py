"""The figures of trading: counted while the event log is read, each event once in the life of the platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from engine_container.metrics import Counter, Reading
from engine_container.views.minutes import DAY_MS
from engine_container.views.observer import Observer, OrderChange
from engine_container.views.orders import Order
from engine_container.views.projection import Projection
from engine_container.views.trades import TradeRecord, Trades
from mycrypto.contracts.trading import OrderStatus
from mycrypto.money import UNITS_PER_ONE, notional_units

DOLLAR: Final = "USDT"
"""Counted as one USD; a currency is worth what ``USDT/<currency>`` was traded at last."""
MATCHED: Final = Counter("orders_matched_total")
FILLED: Final = Counter("orders_filled_total")
TRADES: Final = Counter("trades_executed_total")
VOLUME: Final = Counter("trade_volume")
VALUE_USD: Final = Counter("trade_value_usd")
FEES: Final = Counter("fees_collected_total")


class Figures(Observer):
    """``counting`` is off for what an earlier run of the publisher has counted; who traded lately is remembered all the same."""

    def __init__(self, views: Callable[[], Projection]) -> None:
        self.counting = False
        self._traded_ms: dict[bytes, int] = {}
        """When each user traded last, oldest first."""
        self._views = views
        Reading("active_users", lambda: {(): self._active_users(_now_ms())})
        Reading("daily_volume_usd", lambda: {(): self._daily_volume_usd(_now_ms())})

    def remember(self, trades: Trades) -> None:
        """Who traded before the views that were begun with, as far as these know."""
        image = trades.image()
        known = {record.number: record for records in (image.records, *image.recent.values()) for record in records}
        for _, record in sorted(known.items()):
            self._remember(record)

    def _remember(self, record: TradeRecord) -> None:
        for user_id in (record.trade.maker_user, record.trade.taker_user):
            self._traded_ms.pop(user_id, None)
            self._traded_ms[user_id] = record.time_ms

    def traded(self, record: TradeRecord, maker: Order | None, taker: Order | None) -> None:
        self._remember(record)
        if not self.counting:
            return
        trade = record.trade
        value = notional_units(trade.price, trade.quantity)
        alone = (trade.symbol,)
        TRADES.add(1, alone)
        VOLUME.add(value, alone)
        VALUE_USD.add(self._usd_units(trade.symbol, value))
        FEES.add(trade.maker_fee, (trade.symbol, "maker"))
        FEES.add(trade.taker_fee, (trade.symbol, "taker"))
        for order in (maker, taker):
            if order is not None and order.filled == trade.quantity:  # its first
                MATCHED.add(1, alone)

    def order_changed(self, order: Order, change: OrderChange, seq: int, time_ms: int) -> None:  # noqa: ARG002 - the observer's shape
        if self.counting and change is OrderChange.CLOSED and order.status is OrderStatus.FILLED:
            FILLED.add(1, (order.symbol,))

    def _usd_units(self, symbol: str, value: int) -> int:
        """What a value in a symbol's quote currency is in USD; 0 before the first trade of that currency for dollars."""
        quote = symbol.rpartition("/")[2]
        if quote == DOLLAR:
            return value
        price = self._views().last_price(f"{DOLLAR}/{quote}")
        return value * UNITS_PER_ONE // price if price else 0

    def _active_users(self, now_ms: int) -> int:
        while self._traded_ms and next(iter(self._traded_ms.values())) < now_ms - DAY_MS:
            del self._traded_ms[next(iter(self._traded_ms))]
        return len(self._traded_ms)

    def _daily_volume_usd(self, now_ms: int) -> float:
        days = ((symbol, minutes.day(now_ms)) for symbol, minutes in self._views().minutes.items())
        return sum(self._usd_units(symbol, day.value) for symbol, day in days if day is not None) / UNITS_PER_ONE


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
