"""Market data, and what an account has."""

from __future__ import annotations

from typing import Final

from engine_container.gateway.operations.parameters import CURSOR, LIMIT, MODE, SYMBOL
from mycrypto.contracts import api
from mycrypto.openapi import Operation, Parameter

READING: Final = (
    Operation(
        method="get",
        path="/api/v1/orderbook/{symbol}",
        name="getOrderBook",
        summary="The order book, added up per price",
        tag="market data",
        answer=api.OrderBook,
        parameters=(Parameter("depth", "integer", "Levels a side, 1 to 1000 (50)"),),
        errors=("VALIDATION_ERROR", "NOT_FOUND"),
    ),
    Operation(
        method="get",
        path="/api/v1/trades",
        name="listTrades",
        summary="Trades of a symbol, newest first",
        tag="market data",
        answer=api.PublicTradeList,
        parameters=(SYMBOL, LIMIT, CURSOR),
        errors=("VALIDATION_ERROR", "ORDER_001"),
    ),
    Operation(
        method="get",
        path="/api/v1/trades/{trade_id}",
        name="getTrade",
        summary="A trade",
        tag="market data",
        answer=api.PublicTrade,
        errors=("VALIDATION_ERROR", "NOT_FOUND"),
    ),
    Operation(
        method="get",
        path="/api/v1/markets",
        name="listMarkets",
        summary="The symbols with their rules and fees",
        tag="market data",
        answer=api.MarketList,
    ),
    Operation(
        method="get", path="/api/v1/markets/tickers", name="listTickers", summary="Every ticker", tag="market data", answer=api.TickerList
    ),
    Operation(
        method="get",
        path="/api/v1/markets/{symbol}/ticker",
        name="getTicker",
        summary="The last 24 hours of a symbol",
        tag="market data",
        answer=api.Ticker,
        errors=("NOT_FOUND",),
    ),
    Operation(
        method="get",
        path="/api/v1/markets/{symbol}/candles",
        name="getCandles",
        summary="Open, high, low, close and volume by time",
        tag="market data",
        answer=api.CandleList,
        parameters=(
            Parameter("interval", "string", "1m, 5m, 15m, 1h, 4h, 1d"),
            Parameter("limit", "integer", "1 to 1000 (100)"),
            Parameter("end_date", "string", "Before this ISO-8601 time"),
        ),
        errors=("VALIDATION_ERROR", "NOT_FOUND", "SERVICE_UNAVAILABLE"),
    ),
    Operation(
        method="get",
        path="/api/v1/markets/{symbol}",
        name="getMarket",
        summary="A symbol with its rules and fees",
        tag="market data",
        answer=api.Market,
        errors=("NOT_FOUND",),
    ),
    Operation(
        method="get",
        path="/api/v1/account/balances",
        name="listBalances",
        summary="Balances as the engine sees them",
        tag="account",
        answer=api.BalanceList,
        parameters=(MODE,),
        errors=("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/account/trades",
        name="listOwnTrades",
        summary="Own fills, newest first",
        tag="account",
        answer=api.FillList,
        parameters=(SYMBOL, Parameter("order_id", "string", "Of one order"), LIMIT, CURSOR, MODE),
        errors=("VALIDATION_ERROR", "ORDER_001"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/account/fees",
        name="listFees",
        summary="The fee rates of the next orders",
        tag="account",
        answer=api.FeeList,
        private=True,
    ),
    Operation(
        method="post",
        path="/api/v1/account/paper/reset",
        name="resetPaperAccount",
        summary="Cancel the open paper orders and begin again with fresh play money",
        tag="account",
        answer=api.BalanceList,
        errors=("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/positions",
        name="listPositions",
        summary="What own trades add up to, with profit and loss",
        tag="account",
        answer=api.PositionList,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/positions/{symbol}",
        name="getPosition",
        summary="The position on one symbol",
        tag="account",
        answer=api.Position,
        errors=("NOT_FOUND",),
        private=True,
    ),
)
