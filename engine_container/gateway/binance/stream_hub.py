"""Takes market data to the sockets that listen, under Binance's names of streams."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

from engine_container.gateway.binance import stream_models
from engine_container.gateway.binance.candles import INTERVALS, Interval, parse_zone
from engine_container.gateway.binance.depth_stream import DepthStream
from engine_container.gateway.binance.errors import BinanceError
from engine_container.gateway.binance.kline_stream import KlineStream
from engine_container.gateway.binance.market import book_model
from engine_container.gateway.binance.outlet import encode
from engine_container.gateway.binance.stream import Reader, Stream
from engine_container.gateway.parts import Gateway
from engine_container.views.minutes import DAY_MS, MINUTE_MS
from engine_container.views.observer import Observer
from engine_container.views.orders import Order
from engine_container.views.projection import Projection
from engine_container.views.trades import TradeRecord
from mycrypto.contracts.events import EventRecord
from mycrypto.contracts.trading import Side

FAST_SECONDS: Final = 0.1
SLOW_EVERY: Final = 10
"""So many fast beats are a slow one."""
_NAME: Final = re.compile(
    r"(?P<symbol>[a-z0-9]{2,20})@(?:(?P<depth>depth)(?P<levels>5|10|20)?(?P<fast>@100ms|@1000ms)?"
    r"|kline_(?P<interval>[0-9]{1,2}[mhdwM])(?:@(?P<zone>[+-]?[0-9:]{1,5}))?|(?P<plain>trade|aggTrade|bookTicker|miniTicker|ticker|avgPrice)"
    r"|ticker_(?P<window>1h|4h|1d))"
)
_EVERY: Final = re.compile(r"!(?P<plain>miniTicker|ticker)@arr|!ticker_(?P<window>1h|4h|1d)@arr")
_WINDOWS: Final = {"1h": 60 * MINUTE_MS, "4h": 240 * MINUTE_MS, "1d": DAY_MS}


class StreamHub(Observer):
    """A stream exists while a connection listens to it. The projection calls this hub, so it only marks changes; each message is encoded once for
    all its readers.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._streams: dict[str, Stream] = {}
        self._fast: dict[str, Callable[[Projection], None]] = {}
        """What a fast beat does, by the name of the stream."""
        self._slow: dict[str, Callable[[Projection], None]] = {}
        self._depths: dict[str, dict[str, DepthStream]] = {}
        """By symbol and name."""
        self._klines: dict[str, dict[str, KlineStream]] = {}
        self._trade_streams: dict[str, dict[str, Callable[[TradeRecord], dict[str, Any]]]] = {}
        self._trades: list[TradeRecord] = []
        self._shown: Projection | None = None
        self._traded = 0
        """The newest trade that was taken in."""

    # who listens

    async def subscribe(self, reader: Reader, name: str) -> None:
        """Names that mean nothing are the reader's alone and stay silent, as with Binance."""
        reader.names[name] = None
        stream = self._streams.get(name)
        if stream is not None:
            stream.readers.add(reader)
            return
        stream = Stream(name)
        stream.readers.add(reader)
        self._streams[name] = stream
        try:
            is_known = await self._begin(stream)
        except BinanceError:
            is_known = False
        if (not is_known or not stream.readers) and self._streams.get(name) in {None, stream}:  # its readers may have left meanwhile
            self._drop(name)

    def unsubscribe(self, reader: Reader, name: str) -> None:
        reader.names.pop(name, None)
        stream = self._streams.get(name)
        if stream is None:
            return
        stream.readers.discard(reader)
        if not stream.readers:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._streams.pop(name, None)
        for table in (self._fast, self._slow):
            table.pop(name, None)
        for tables in (self._depths, self._klines, self._trade_streams):
            for symbol in list(tables):
                tables[symbol].pop(name, None)
                if not tables[symbol]:
                    del tables[symbol]

    async def _begin(self, stream: Stream) -> bool:
        """Whether the name means something."""
        views = self._gateway.require_views()
        self._shown = self._shown or views
        match = _EVERY.fullmatch(stream.name)
        if match is not None:
            self._begin_every(stream, match)
            return True
        match = _NAME.fullmatch(stream.name)
        rules = None if match is None else views.symbols.find(match["symbol"])
        if match is None or rules is None:
            return False
        symbol = rules.symbol
        if match["depth"]:
            self._begin_depth(stream, symbol, match)
        elif match["interval"] and match["interval"] not in INTERVALS:
            return False
        elif match["interval"]:
            interval = Interval(match["interval"], parse_zone(match["zone"]))
            self._klines.setdefault(symbol, {})[stream.name] = await KlineStream.begun(self._gateway, symbol, interval)
            self._slow[stream.name] = lambda _: self._tell_kline(stream, symbol)
        elif match["plain"] in {"trade", "aggTrade"}:
            model = stream_models.trade if match["plain"] == "trade" else stream_models.agg_trade
            self._trade_streams.setdefault(symbol, {})[stream.name] = model
        elif match["plain"] == "bookTicker":
            self._fast[stream.name] = lambda views: stream.tell_changed(stream_models.book_ticker(symbol, views.books[symbol]), "u")
        else:
            model_of = self._ticker_model(match["plain"], match["window"])
            if model_of is None:
                return False
            self._slow[stream.name] = lambda views: stream.tell_changed(model_of(views, symbol), "E", "O", "C")
        return True

    def _begin_depth(self, stream: Stream, symbol: str, match: re.Match[str]) -> None:
        table = self._fast if match["fast"] == "@100ms" else self._slow
        if match["levels"]:
            levels = int(match["levels"])
            table[stream.name] = lambda views: stream.tell_changed(book_model(views.books[symbol], levels), "lastUpdateId")
            return
        self._depths.setdefault(symbol, {})[stream.name] = DepthStream(symbol, self._gateway.views.books[symbol])
        table[stream.name] = lambda views: self._tell_depth(stream, symbol, views)

    def _begin_every(self, stream: Stream, match: re.Match[str]) -> None:
        model_of = self._ticker_model(match["plain"], match["window"])
        told: dict[str, Any] = {}

        def beat(views: Projection) -> None:
            changed = []
            for rules in views.symbols.all():
                model = model_of(views, rules.symbol) if model_of is not None else {}
                mark = {name: value for name, value in model.items() if name not in {"E", "O", "C"}}
                if told.get(rules.symbol) != mark:
                    told[rules.symbol] = mark
                    changed.append(model)
            if changed:
                stream.tell(encode(changed))

        self._slow[stream.name] = beat

    @staticmethod
    def _ticker_model(plain: str | None, window: str | None) -> Callable[[Projection, str], dict[str, Any]] | None:
        if window:
            return lambda views, symbol: stream_models.window_ticker(views, symbol, window, _WINDOWS[window])
        models = {"ticker": stream_models.ticker, "miniTicker": stream_models.mini_ticker, "avgPrice": stream_models.average_price}
        return models.get(plain or "")

    # what the projection tells

    def level_changed(self, symbol: str, side: Side, price: int, seq: int) -> None:  # noqa: ARG002 - the observer's shape
        depths = self._depths.get(symbol)
        if depths:
            for depth in depths.values():
                depth.touch(side, price)

    def traded(self, record: TradeRecord, maker: Order | None, taker: Order | None) -> None:  # noqa: ARG002 - the observer's shape
        if record.number > self._traded:  # else the views are being rebuilt, and the older views told this trade
            self._traded = record.number
            if record.trade.symbol in self._trade_streams or record.trade.symbol in self._klines:
                self._trades.append(record)

    def record_applied(self, record: EventRecord) -> None:  # noqa: ARG002 - the observer's shape
        if not self._trades or not self._gateway.feed.ready:
            return
        trades, self._trades = self._trades, []
        for each in trades:
            for name, model in self._trade_streams.get(each.trade.symbol, {}).items():
                self._streams[name].tell(encode(model(each)))
            for name, kline in self._klines.get(each.trade.symbol, {}).items():
                for text in kline.traded(each):
                    self._streams[name].tell(text)

    # what time tells

    async def run(self) -> None:
        """Until cancelled."""
        beat = 0
        while True:
            await asyncio.sleep(FAST_SECONDS)
            beat += 1
            if not self._gateway.feed.ready:
                continue
            views = self._gateway.views
            self._look(views)
            try:
                for table in (self._fast, self._slow) if beat % SLOW_EVERY == 0 else (self._fast,):
                    for tell in list(table.values()):
                        tell(views)
            except Exception:  # one stream must not end the others
                self._gateway.logger.exception("a stream could not be told")

    def _look(self, views: Projection) -> None:
        """Rebuilt views are shown as soon as they are complete."""
        old, self._shown = self._shown, views
        if old is None or old is views:
            return
        for symbol, depths in self._depths.items():
            for depth in depths.values():
                depth.replaced(old.books[symbol], views.books[symbol])

    def _tell_depth(self, stream: Stream, symbol: str, views: Projection) -> None:
        text = self._depths[symbol][stream.name].flush(views.books[symbol])
        if text is not None:
            stream.tell(text)

    def _tell_kline(self, stream: Stream, symbol: str) -> None:
        for text in self._klines[symbol][stream.name].beat():
            stream.tell(text)
