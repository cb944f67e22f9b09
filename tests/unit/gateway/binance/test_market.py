"""Market data in Binance's form."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from engine_container.gateway.binance.candles import INTERVALS, Interval, parse_zone
from engine_container.gateway.binance.errors import BinanceError
from engine_container.views.minutes import DAY_MS, MINUTE_MS
from mycrypto.security.api_keys import Scope
from tests.unit.gateway.binance.conftest import ALICE, Spot

Trade = Callable[..., None]


async def traded(s: Spot) -> None:
    """Two trades, at 1000 and at 1010, and a book around them."""
    await s.place("SELL", quantity="1", price="1000", key="bob")
    await s.place("BUY", quantity="1", price="1000")
    await s.place("SELL", quantity="2", price="1010", key="bob")
    await s.place("BUY", quantity="1", price="1010")
    await s.place("BUY", quantity="3", price="990")


def test_the_rules_of_symbols_are_filters_with_the_price_first(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        info = await s.get("/api/v3/exchangeInfo")
        assert [symbol["symbol"] for symbol in info["symbols"]] == ["BTCTRY", "ETHTRY"]
        symbol = (await s.get("/api/v3/exchangeInfo", symbol="BTCTRY"))["symbols"][0]
        assert (symbol["baseAsset"], symbol["quoteAsset"], symbol["status"]) == ("BTC", "TRY", "TRADING")
        filters = {each["filterType"]: each for each in symbol["filters"]}
        assert next(iter(filters)) == "PRICE_FILTER"
        assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
        assert filters["LOT_SIZE"]["stepSize"] == "0.00010000"
        assert filters["NOTIONAL"]["minNotional"] == "10.00000000"
        assert filters["PERCENT_PRICE_BY_SIDE"]["bidMultiplierUp"] == "1.1000"
        assert {limit["rateLimitType"] for limit in info["rateLimits"]} == {"REQUEST_WEIGHT", "ORDERS", "RAW_REQUESTS"}
        two = await s.get("/api/v3/exchangeInfo", symbols='["BTCTRY","ETHTRY"]')
        assert len(two["symbols"]) == 2
        both = await s.ask("GET", "/api/v3/exchangeInfo", symbol="BTCTRY", symbols='["ETHTRY"]')
        assert both.json()["code"] == -1128

    trade(scenario)


def test_the_book_and_the_best_prices(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await traded(s)
        book = await s.get("/api/v3/depth", symbol="BTCTRY", limit=5)
        assert (book["bids"], book["asks"]) == ([["990.00000000", "3.00000000"]], [["1010.00000000", "1.00000000"]])
        assert book["lastUpdateId"] == s.h.gateway.views.books["BTC/TRY"].last_seq
        best = await s.get("/api/v3/ticker/bookTicker", symbol="BTCTRY")
        assert (best["bidPrice"], best["askQty"]) == ("990.00000000", "1.00000000")
        every = await s.get("/api/v3/ticker/price")
        assert every == [{"symbol": "BTCTRY", "price": "1010.00000000"}, {"symbol": "ETHTRY", "price": "0.00000000"}]

    trade(scenario)


def test_a_day_in_a_ticker(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await traded(s)
        day = await s.get("/api/v3/ticker/24hr", symbol="BTCTRY")
        assert (day["openPrice"], day["lastPrice"], day["priceChange"]) == ("1000.00000000", "1010.00000000", "10.00000000")
        assert (day["priceChangePercent"], day["weightedAvgPrice"], day["count"]) == ("1.000", "1005.00000000", 2)
        assert (day["volume"], day["quoteVolume"], day["lastQty"]) == ("2.00000000", "2010.00000000", "1.00000000")
        assert day["firstId"] < day["lastId"]
        assert "bidPrice" not in await s.get("/api/v3/ticker/24hr", symbol="BTCTRY", type="MINI")
        hour = await s.get("/api/v3/ticker", symbol="BTCTRY", windowSize="1h")
        assert hour["volume"] == "2.00000000"
        assert (await s.get("/api/v3/ticker/tradingDay", symbols='["BTCTRY"]'))[0]["symbol"] == "BTCTRY"
        assert (await s.ask("GET", "/api/v3/ticker", symbol="BTCTRY", windowSize="60m")).json()["code"] == -1130
        assert (await s.get("/api/v3/avgPrice", symbol="BTCTRY"))["price"] == "1005.00000000"

    trade(scenario)


def test_candles_have_twelve_fields_and_no_holes(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await traded(s)
        for interval in INTERVALS:
            rows = await s.get("/api/v3/klines", symbol="BTCTRY", interval=interval)
            assert rows, interval
            assert all(len(row) == 12 for row in rows)
            assert [row[6] + 1 for row in rows[:-1]] == [row[0] for row in rows[1:]]
        (first,) = [row for row in await s.get("/api/v3/klines", symbol="BTCTRY", interval="1d") if row[8]]
        assert first[1:6] == ["1000.00000000", "1010.00000000", "1000.00000000", "1010.00000000", "2.00000000"]
        assert (first[7], first[8], first[9], first[10]) == ("2010.00000000", 2, "2.00000000", "2010.00000000")
        assert (await s.ask("GET", "/api/v3/klines", symbol="BTCTRY", interval="2m")).json() == {"code": -1120, "msg": "Invalid interval."}
        assert await s.get("/api/v3/klines", symbol="ETHTRY", interval="1m") == []

    trade(scenario)


def test_where_candles_begin() -> None:
    moment = 1_790_000_000_000
    week = Interval("1w").begin(moment)
    assert time.gmtime(week // 1_000).tm_wday == 0
    month = Interval("1M")
    assert time.gmtime(month.begin(moment) // 1_000)[:6] == (2026, 9, 1, 0, 0, 0)
    assert time.gmtime(month.after(month.begin(moment)) // 1_000)[:3] == (2026, 10, 1)
    assert time.gmtime(month.before(month.begin(moment), 9) // 1_000)[:3] == (2025, 12, 1)
    ahead = Interval("1d", parse_zone("+3:00")).begin(moment)
    assert (ahead + 3 * 60 * MINUTE_MS) % DAY_MS == 0
    for wrong in ("+15:00", "x", "-13"):
        with pytest.raises(BinanceError):
            parse_zone(wrong)


def test_what_clients_ask_for_before_anything_else(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        for path in ("/sapi/v1/margin/allPairs", "/sapi/v1/spot/delist-schedule", "/fapi/v1/exchangeInfo"):
            assert await s.get(path) in ([], {"symbols": []})
        assert await s.get("/sapi/v1/system/status") == {"status": 0, "msg": "normal"}
        coins: list[dict[str, Any]] = await s.must("GET", "/sapi/v1/capital/config/getall")
        assert {coin["coin"]: coin["isLegalMoney"] for coin in coins} == {"BTC": False, "TRY": True, "ETH": False}
        (fee,) = await s.must("GET", "/sapi/v1/asset/tradeFee", symbol="BTCTRY")
        assert fee == {"symbol": "BTCTRY", "makerCommission": "0.00050000", "takerCommission": "0.00100000"}

    trade(scenario)


def test_a_key_can_ask_what_it_may_do(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        s.publish("reader", ALICE, Scope.READ, ips=("127.0.0.1/32",))
        for key, trades, bound in (("reader", False, True), ("alice", True, False)):
            found = await s.must("GET", "/sapi/v1/account/apiRestrictions", key=key)
            assert (found["enableReading"], found["enableSpotAndMarginTrading"], found["ipRestrict"]) == (True, trades, bound)
            assert not any(found[name] for name in ("enableWithdrawals", "enableMargin", "enableFutures"))

    trade(scenario)


def test_older_trades_need_no_key(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await traded(s)
        newest = await s.get("/api/v3/trades", symbol="BTCTRY")
        assert await s.get("/api/v3/historicalTrades", symbol="BTCTRY", fromId=newest[-1]["id"]) == newest[-1:]

    trade(scenario)


def test_a_wallet_that_cannot_be_read_is_said(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        for path in ("/sapi/v1/capital/deposit/hisrec", "/sapi/v1/capital/withdraw/history"):
            assert (await s.refused("GET", path))[:2] == (503, -1001)

    trade(scenario)
