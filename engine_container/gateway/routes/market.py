"""Market data for everybody: books, trades, tickers, the symbols and their rules."""

from __future__ import annotations

import time
from typing import Final

import msgspec

from engine_container.gateway.candles import INTERVALS_MS, candles_before
from engine_container.gateway.lookup import ARRIVAL_SECONDS_MAX
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import known_symbol, parse_end, trading_id
from engine_container.gateway.routes.shared import CURSOR, CURSOR_RULE, SYMBOL, TRADES_LIMIT
from engine_container.trade_history.pages import Position, cursor_text, parse_count, parse_page
from engine_container.views.minutes import DAY_MS, joined
from engine_container.views.projection import Projection
from engine_container.views.rendering import book_model, candle_model, market_model, public_trade_model, ticker_model
from engine_container.views.trades import RECENT_PER_SYMBOL, TradeRecord
from engine_container.web.call import Call, Reply
from mycrypto import permissions
from mycrypto.contracts import api
from mycrypto.contracts.events import SymbolChanged
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.operation import MOMENT, Operation, Parameter
from mycrypto.money import format_amount

DEPTH_DEFAULT: Final = 50
DEPTH_MAX: Final = 1_000
TRADES_MAX: Final = 500
TICKER_LIFE_SECONDS: Final = 1.0
CANDLES_DEFAULT: Final = 100
CANDLES_MAX: Final = 1_000
SPARKLINE_POINTS_DEFAULT: Final = 24
SPARKLINE_POINTS_MAX: Final = 96


def symbol_in_path(views: Projection, call: Call) -> SymbolChanged:
    """The symbol of a path, in any spelling; raises NOT_FOUND."""
    symbol = views.symbols.find(call.path_params["symbol"])
    if symbol is None:
        raise ProblemError("NOT_FOUND", "the symbol is not listed")
    return symbol


class Market:
    """Public endpoints; nothing here names a user."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._tickers: dict[str, tuple[float, api.Ticker]] = {}

    @Operation(
        method="get",
        path="/api/v1/orderbook/{symbol}",
        name="getOrderBook",
        summary="The order book, added up per price",
        tag="market data",
        answer=api.OrderBook,
        parameters=(Parameter("depth", "integer", "Levels a side, 1 to 1000 (50)"),),
        errors=("VALIDATION_ERROR", "NOT_FOUND"),
        permission=permissions.OPEN,
    )
    async def order_book(self, call: Call) -> Reply:
        views = self._gateway.require_views()
        symbol = symbol_in_path(views, call).symbol
        depth = parse_count("depth", call.query().get("depth"), DEPTH_DEFAULT, 1, DEPTH_MAX)
        return Reply(book_model(symbol, views.books[symbol], depth))

    @Operation(
        method="get",
        path="/api/v1/trades",
        name="listTrades",
        summary="Trades of a symbol, newest first",
        tag="market data",
        answer=api.PublicTradeList,
        parameters=(msgspec.structs.replace(SYMBOL, required=True), TRADES_LIMIT, CURSOR),
        rules=CURSOR_RULE,
        errors=("VALIDATION_ERROR", "ORDER_001"),
        permission=permissions.OPEN,
    )
    async def trades(self, call: Call) -> Reply:
        """The newest trades of a symbol, newest first; a cursor leads on into the history."""
        query = call.query()
        page = parse_page(query, limit_max=TRADES_MAX)
        if "symbol" not in query:
            raise invalid("symbol", "is required")
        symbol = known_symbol(self._gateway.require_views().symbols, query["symbol"]).symbol
        found = await self._trades(symbol, page.limit + 1, page.after)
        shown, has_next = found[: page.limit], len(found) > page.limit
        cursor = cursor_text(Position(shown[-1].time_ms, shown[-1].number)) if has_next else None
        rows = [public_trade_model(record, self._gateway.shard) for record in shown]
        return Reply(api.PublicTradeList(rows, api.Pagination(page.limit, has_next, cursor)))

    async def _trades(self, symbol: str, count: int, after: Position | None) -> list[TradeRecord]:
        trades = self._gateway.views.trades
        recent = trades.recent(symbol, RECENT_PER_SYMBOL)
        found = [record for record in recent if after is None or record.number < after.number][:count]
        if len(found) < count and self._gateway.history is not None:
            last = found[-1] if found else (recent[-1] if recent else None)
            place = after if after is not None and not found else None
            if last is not None and place is None:
                place = Position(last.time_ms, last.number)
            place = place or Position((1 << 43) - 1, (1 << 62) - 1)
            found += await self._gateway.history.trades_before(symbol, place.number, place.key, count - len(found))
        return found

    @Operation(
        method="get",
        path="/api/v1/trades/{trade_id}",
        name="getTrade",
        summary="A trade",
        tag="market data",
        answer=api.PublicTrade,
        errors=("VALIDATION_ERROR", "NOT_FOUND", "SERVICE_UNAVAILABLE"),
        permission=permissions.OPEN,
    )
    async def trade(self, call: Call) -> Reply:
        views = self._gateway.require_views()
        call.query()
        _, parts = trading_id(call.path_params["trade_id"], "trade_id")
        record = None
        if parts is not None and parts.shard == self._gateway.shard:
            if parts.number > views.watermark:
                views = await self._gateway.caught_up_views(ARRIVAL_SECONDS_MAX)
            record = views.trades.get(parts.number)
            if record is None and self._gateway.history is not None:
                record = await self._gateway.history.trade(parts.created_ms, parts.number)
        if record is None or parts is None or record.time_ms != parts.created_ms:
            raise ProblemError("NOT_FOUND", "there is no such trade")
        return Reply(public_trade_model(record, self._gateway.shard))

    @Operation(
        method="get",
        path="/api/v1/markets/{symbol}/ticker",
        name="getTicker",
        summary="The last 24 hours of a symbol",
        tag="market data",
        answer=api.Ticker,
        errors=("NOT_FOUND",),
        permission=permissions.OPEN,
    )
    async def ticker(self, call: Call) -> Reply:
        views = self._gateway.require_views()
        call.query()
        return Reply(self._ticker(views, symbol_in_path(views, call).symbol))

    @Operation(
        method="get",
        path="/api/v1/markets/tickers",
        name="listTickers",
        summary="Every ticker",
        tag="market data",
        answer=api.TickerList,
        permission=permissions.OPEN,
    )
    async def tickers(self, call: Call) -> Reply:
        views = self._gateway.require_views()
        call.query()
        return Reply(api.TickerList([self._ticker(views, symbol.symbol) for symbol in views.symbols.all()]))

    def _ticker(self, views: Projection, symbol: str) -> api.Ticker:
        now = time.monotonic()
        kept = self._tickers.get(symbol)
        if kept is not None and now - kept[0] < TICKER_LIFE_SECONDS:
            return kept[1]
        ticker = ticker_model(symbol, views.minutes[symbol], views.books[symbol], time.time_ns() // 1_000_000)
        self._tickers[symbol] = (now, ticker)
        return ticker

    @Operation(
        method="get",
        path="/api/v1/markets/{symbol}/candles",
        name="getCandles",
        summary="Open, high, low, close and volume by time",
        tag="market data",
        answer=api.CandleList,
        parameters=(
            Parameter("interval", "string", ", ".join(INTERVALS_MS)),
            Parameter("limit", "integer", "Candles with trades, 1 to 1000 (100)", shape={"minimum": 1, "maximum": CANDLES_MAX}),
            Parameter("end_date", "string", "Before this ISO-8601 time; a date: until its end", shape=MOMENT),
        ),
        errors=("VALIDATION_ERROR", "NOT_FOUND", "SERVICE_UNAVAILABLE"),
        permission=permissions.OPEN,
    )
    async def candles(self, call: Call) -> Reply:
        """The page before this one ends where the first candle of this one begins."""
        views = self._gateway.require_views()
        query = call.query()
        symbol = symbol_in_path(views, call).symbol
        interval = query.get("interval", "1m")
        if interval not in INTERVALS_MS:
            raise invalid("interval", "must be one of " + ", ".join(INTERVALS_MS))
        count = parse_count("limit", query.get("limit"), CANDLES_DEFAULT, 1, CANDLES_MAX)
        end_ms = parse_end("end_date", query["end_date"]) if "end_date" in query else time.time_ns() // 1_000_000 + 1
        found, has_more = await candles_before(self._gateway, symbol, INTERVALS_MS[interval], end_ms, count)
        rows = [candle_model(candle) for candle in found]
        return Reply(msgspec.convert({"symbol": symbol, "interval": interval, "data": rows, "has_more": has_more}, api.CandleList))

    @Operation(
        method="get",
        path="/api/v1/markets/sparklines",
        name="listSparklines",
        summary="The last 24 hours of every symbol as a line of closing prices",
        tag="market data",
        answer=api.SparklineList,
        parameters=(
            Parameter(
                "points",
                "integer",
                "Equal parts of the 24 hours, 2 to 96 (24)",
                shape={"minimum": 2, "maximum": SPARKLINE_POINTS_MAX},
            ),
        ),
        errors=("VALIDATION_ERROR",),
        permission=permissions.OPEN,
    )
    async def sparklines(self, call: Call) -> Reply:
        views = self._gateway.require_views()
        points = parse_count("points", call.query().get("points"), SPARKLINE_POINTS_DEFAULT, 2, SPARKLINE_POINTS_MAX)
        length_ms = DAY_MS // points
        now_ms = time.time_ns() // 1_000_000
        rows = [
            api.Sparkline(
                symbol.symbol,
                [format_amount(part.close) for part in joined(views.minutes[symbol.symbol].since(now_ms - DAY_MS), length_ms)],
            )
            for symbol in views.symbols.all()
        ]
        return Reply(api.SparklineList(rows))

    @Operation(
        method="get",
        path="/api/v1/markets",
        name="listMarkets",
        summary="The symbols with their rules and fees",
        tag="market data",
        answer=api.MarketList,
        permission=permissions.OPEN,
    )
    async def markets(self, call: Call) -> Reply:
        views = self._gateway.require_views()
        call.query()
        rows = [market_model(symbol, views.symbols.changed_ms(symbol.symbol)) for symbol in views.symbols.all()]
        return Reply(api.MarketList(rows))

    @Operation(
        method="get",
        path="/api/v1/markets/{symbol}",
        name="getMarket",
        summary="A symbol with its rules and fees",
        tag="market data",
        answer=api.Market,
        errors=("NOT_FOUND",),
        permission=permissions.OPEN,
    )
    async def market(self, call: Call) -> Reply:
        views = self._gateway.require_views()
        call.query()
        symbol = symbol_in_path(views, call)
        return Reply(market_model(symbol, views.symbols.changed_ms(symbol.symbol)))
