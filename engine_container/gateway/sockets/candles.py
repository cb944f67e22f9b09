"""The present candle of one symbol and interval, for the sockets that listen: told at most ten times a second while trades change it, and once
more when it has ended. As over HTTP there is no candle without trades.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine_container.gateway.sockets.connection import Connection, now_ms, text_of
from engine_container.gateway.sockets.protocol import Topic
from engine_container.views.minutes import Minute, begin_of
from engine_container.views.rendering import candle_model
from engine_container.views.trades import TradeRecord
from mycrypto.contracts.trading import Side
from mycrypto.money import notional_units

GRACE_MS: Final = 500
"""A candle has ended so much later, since the last trades in it are on their way."""


class CandleChannel:
    """``minutes`` are those of the present candle that were traded, and ``through`` is the number of the last event in them."""

    def __init__(self, topic: Topic, length_ms: int, minutes: Iterable[Minute], through: int, time_ms: int) -> None:
        self.readers: set[Connection] = set()
        self._topic = topic
        self._length_ms = length_ms
        self._through = through
        self._candle: Minute | None = None
        self._ended = False
        begin_ms = begin_of(time_ms, self._length_ms)
        for minute in minutes:
            if minute.start_ms < begin_ms:
                continue  # of a candle that has just ended
            if self._candle is None:
                self._candle = Minute(begin_ms, minute.open)
            self._candle.include(minute)

    def join(self, reader: Connection) -> None:
        self.readers.add(reader)
        if self._candle is not None:
            reader.push(self._text(self._candle))

    def traded(self, records: Iterable[TradeRecord]) -> None:
        """Take in trades, in their order."""
        changed = False
        for record in records:
            if record.number <= self._through:
                continue  # the minutes had it
            self._through = record.number
            trade = record.trade
            start_ms = begin_of(record.time_ms, self._length_ms)
            if self._candle is None or start_ms > self._candle.start_ms:
                self._end()
                self._candle, self._ended = Minute(start_ms, trade.price), False
            value = notional_units(trade.price, trade.quantity)
            self._candle.add(trade.price, trade.quantity, value, record.number, taker_buys=trade.taker_side is Side.BUY)
            changed = True
        if changed:
            self._tell()

    def beat(self, time_ms: int) -> None:
        """The candle has ended when its time is over, also where nothing is traded after it."""
        if self._candle is not None and time_ms - GRACE_MS >= self._candle.start_ms + self._length_ms:
            self._end()

    def _end(self) -> None:
        if self._candle is not None and not self._ended:
            self._ended = True
            self._tell()

    def _tell(self) -> None:
        if self._candle is not None:
            text = self._text(self._candle)
            for reader in self.readers:
                reader.push(text)

    def _text(self, candle: Minute) -> str:
        return text_of(
            {
                "type": "candle",
                "stream": "candles",
                "symbol": self._topic.symbol,
                "interval": self._topic.interval,
                "timestamp": now_ms(),
                "sequence": self._through,
                "ended": self._ended,
                "data": candle_model(candle),
            }
        )
