"""The present candle of one symbol and interval: followed trade by trade, told once a second, and once more when it ends."""

from __future__ import annotations

from engine_container.gateway.binance import stream_models
from engine_container.gateway.binance.candles import Interval
from engine_container.gateway.binance.outlet import encode, now_ms
from engine_container.gateway.candles import price_before
from engine_container.gateway.parts import Gateway
from engine_container.views.minutes import Minute
from engine_container.views.trades import TradeRecord
from mycrypto.contracts.trading import Side
from mycrypto.money import notional_units

GRACE_MS = 500
"""A candle ends so much later, since the last trades in it are on their way."""


class KlineStream:
    def __init__(self, symbol: str, interval: Interval, candle: Minute | None, begin_ms: int) -> None:
        """``candle`` is ``None`` before the first trade."""
        self._symbol = symbol
        self._interval = interval
        self._candle = candle
        self._begin = begin_ms
        self._end = interval.after(begin_ms)
        self._changed = candle is not None

    @staticmethod
    async def begun(gateway: Gateway, symbol: str, interval: Interval) -> KlineStream:
        """With what was traded in the present candle so far."""
        begin = interval.begin(now_ms())
        known = gateway.views.minutes[symbol]
        older: list[Minute] = []
        if gateway.history is not None and known.trimmed and known.first_ms is not None and begin < known.first_ms:
            older = await gateway.history.minutes(symbol, begin, known.first_ms)
        price = await price_before(gateway, symbol, begin)
        candle: Minute | None = None if price is None else Minute(begin, price)
        known = gateway.views.minutes[symbol]  # nothing is waited for from here on
        first = True
        for minute in [*older, *known.since(begin if known.first_ms is None else max(begin, known.first_ms))]:
            if first:
                candle, first = Minute(begin, minute.open), False
            if candle is not None:
                candle.include(minute)
        return KlineStream(symbol, interval, candle, begin)

    def traded(self, record: TradeRecord) -> list[bytes]:
        """Take in a trade; the candles that ended before it."""
        ended = self._roll(record.time_ms)
        trade = record.trade
        if self._candle is None:
            self._candle = Minute(self._begin, trade.price)
        value = notional_units(trade.price, trade.quantity)
        self._candle.add(trade.price, trade.quantity, value, record.number, taker_buys=trade.taker_side is Side.BUY)
        self._changed = True
        return ended

    def beat(self) -> list[bytes]:
        """Call once a second."""
        told = self._roll(now_ms() - GRACE_MS)
        if self._changed and self._candle is not None:
            self._changed = False
            told.append(self._text(closed=False))
        return told

    def _roll(self, time_ms: int) -> list[bytes]:
        ended: list[bytes] = []
        while time_ms >= self._end:
            if self._candle is not None:
                ended.append(self._text(closed=True))
            self._begin, self._end = self._end, self._interval.after(self._end)
            if self._candle is not None:
                self._candle = Minute(self._begin, self._candle.close)
                self._changed = True
        return ended

    def _text(self, *, closed: bool) -> bytes:
        candle = self._candle or Minute(self._begin, 0)
        return encode(stream_models.kline(self._symbol, self._interval.name, candle, self._end, closed=closed))
