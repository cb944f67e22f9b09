"""What a socket may ask for of each stream: how deep and how often a book, all tickers at once, candles, and how things are to begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from engine_container.gateway.sockets.candles import GRACE_MS, CandleChannel
from engine_container.gateway.sockets.connection import Connection
from engine_container.gateway.sockets.hub import TRADES_OF_SNAPSHOT
from engine_container.gateway.sockets.protocol import Topic
from engine_container.views.minutes import MINUTE_MS, Minute
from engine_container.views.trades import TradeRecord
from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import Side
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.memory_logs import NOW_MS
from tests.unit.gateway.test_linked_orders import market
from tests.unit.gateway.test_sent_again import ALICE, BOB, SYMBOL, limit

Play = Callable[..., None]
LIMIT: Final = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "100"}
pytestmark = pytest.mark.usefixtures("socket_protocol")


async def _trade(h: Harness, price: str) -> None:
    """Alice sells to Bob."""
    offered = await h.call("POST", "/api/v1/orders", limit("SELL", price), user=ALICE)
    assert offered.status_code == 201, offered.text
    taken = await h.call("POST", "/api/v1/orders", limit("BUY", price), user=BOB)
    assert taken.json()["order"]["status"] == "FILLED", taken.text


def test_a_book_of_some_levels_says_nothing_of_those_below(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        for number in range(26):
            await h.call("POST", "/api/v1/orders", {**LIMIT, "price": str(100 + number)}, user=ALICE)
        async with h.socket("/ws") as socket:
            socket.say(action="subscribe", stream="orderbook", symbol="BTCUSDT", depth=25, id=1)
            told = await socket.hear("subscribed")
            assert (told["depth"], told["interval_ms"]) == (25, 0)
            snapshot = await socket.hear("snapshot")
            assert [price for price, _ in snapshot["data"]["bids"]] == [str(125 - number) for number in range(25)]
            await h.call("POST", "/api/v1/orders", {**LIMIT, "price": "99"}, user=ALICE)
            await h.call("POST", "/api/v1/orders", {**LIMIT, "price": "126"}, user=ALICE)
            update = await socket.hear("orderbook_update")
            assert update["sequence"] == snapshot["sequence"] + 1, "of the one at 99 nothing was told"
            changes = {(change["price"], change["action"]) for change in update["data"]["changes"]}
            assert changes == {("126", "add"), ("101", "remove")}
            socket.say(action="subscribe", stream="orderbook", symbol="BTC/USDT")
            assert (await socket.hear("error"))["error"]["errors"][0]["code"] == "SUBSCRIBED", "a book has one form on a connection"
            socket.say(action="unsubscribe", stream="orderbook", symbol="BTCUSDT")
            assert (await socket.hear("unsubscribed"))["depth"] == 25
            socket.say(action="subscribe", stream="orderbook", symbol="BTCUSDT", interval_ms=50)
            assert len((await socket.hear("snapshot"))["data"]["bids"]) == 28
            await h.call("DELETE", "/api/v1/orders", user=ALICE)
            gone: set[str] = set()
            while len(gone) < 28:
                gone |= {change["price"] for change in (await socket.hear("orderbook_update"))["data"]["changes"]}

    play(scenario)


def test_all_tickers_come_at_first_and_then_those_that_changed(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            socket.say(action="subscribe", stream="tickers")
            symbols = [ticker["symbol"] for ticker in (await socket.hear("tickers"))["data"]]
            assert "BTC/USDT" in symbols
            await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
            while [(row["symbol"], row["bid_price"]) for row in (await socket.hear("tickers"))["data"]] != [("BTC/USDT", "100")]:
                pass

    play(scenario)


def test_the_present_candle_is_told_at_first_and_with_each_trade(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("subscriptions", "hub"):
        monkeypatch.setattr(f"engine_container.gateway.sockets.{module}.now_ms", lambda: NOW_MS)

    async def scenario(h: Harness) -> None:
        await _trade(h, "100")
        async with h.socket("/ws") as socket:
            sequences = []
            for interval in ("1d", "1w"):
                socket.say(action="subscribe", stream="candles", symbol=SYMBOL, interval=interval)
                assert (await socket.hear("subscribed"))["interval"] == interval
                first = await socket.hear("candle")
                assert (first["interval"], first["data"]["close"], first["data"]["trades"], first["ended"]) == (interval, "100", 1, False)
                sequences.append(first["sequence"])
            socket.say(action="unsubscribe", stream="candles", symbol=SYMBOL, interval="1w")
            await socket.hear("unsubscribed")
            await _trade(h, "100.50")
            candle = await socket.hear("candle")
            data = candle["data"]
            assert (candle["interval"], data["open"], data["close"], data["trades"]) == ("1d", "100", "100.5", 2)
            assert candle["sequence"] > max(sequences)

    play(scenario, core=market().engine)


def test_who_begins_may_ask_for_open_orders_and_the_last_trades_first(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        for number in range(TRADES_OF_SNAPSHOT + 1):
            await _trade(h, f"{100 + number / 100:.2f}")
        order = (await h.call("POST", "/api/v1/orders", limit("SELL", "101.00"), user=ALICE)).json()["order"]
        async with h.socket("/ws", user=ALICE) as socket:
            socket.say(action="subscribe", stream="orders", snapshot=True)
            snapshot = await socket.hear("orders_snapshot")
            assert [each["id"] for each in snapshot["data"]] == [order["id"]], "filled ones are no open ones"
            await h.call("DELETE", f"/api/v1/orders/{order['id']}", user=ALICE)
            assert (await socket.hear("order_update"))["sequence"] > snapshot["sequence"]
            socket.say(action="subscribe", stream="trades", symbol=SYMBOL, snapshot=True)
            trades = (await socket.hear("trades_snapshot"))["data"]
            assert [trade["price"] for trade in trades] == [
                f"{100 + number / 100:.2f}".rstrip("0") for number in range(1, TRADES_OF_SNAPSHOT + 1)
            ]
            listed = (await h.call("GET", f"/api/v1/trades?symbol={SYMBOL}&limit={TRADES_OF_SNAPSHOT}")).json()["data"]
            assert trades == listed[::-1], "as over HTTP, the other way round"

    play(scenario, core=market().engine)


@pytest.mark.parametrize(
    ("message", "field", "code"),
    [
        ({"stream": "orderbook", "symbol": "BTCUSDT", "depth": 10}, "depth", "ONE_OF"),
        ({"stream": "orderbook", "symbol": "BTCUSDT", "interval_ms": 100}, "interval_ms", "ONE_OF"),
        ({"stream": "trades", "symbol": "BTCUSDT", "depth": 25}, "depth", "GOES_WITH"),
        ({"stream": "ticker", "symbol": "BTCUSDT", "interval_ms": 50}, "interval_ms", "GOES_WITH"),
        ({"stream": "candles", "symbol": "BTCUSDT"}, "interval", "REQUIRED"),
        ({"stream": "candles", "interval": "1m"}, "symbol", "REQUIRED"),
        ({"stream": "candles", "symbol": "BTCUSDT", "interval": "2m"}, "interval", "ONE_OF"),
        ({"stream": "trades", "symbol": "BTCUSDT", "interval": "1m"}, "interval", "GOES_WITH"),
        ({"stream": "ticker", "symbol": "BTCUSDT", "snapshot": True}, "snapshot", "GOES_WITH"),
        ({"stream": "tickers", "mode": "paper"}, "mode", "OWN_STREAMS"),
    ],
)
def test_what_does_not_belong_to_a_stream_is_refused(play: Play, message: dict[str, Any], field: str, code: str) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            socket.say(action="subscribe", id=5, **message)
            refused = await socket.hear("error")
            (error,) = refused["error"]["errors"]
            assert (refused["id"], error["field"], error["code"]) == (5, field, code)

    play(scenario)


class _Listener(Connection):
    def __init__(self) -> None:
        super().__init__(send=None, trace_id="listener")  # type: ignore[arg-type] # nothing is sent anywhere
        self.heard: list[tuple[str, str, bool]] = []

    def push(self, text: str) -> None:
        message = msgspec.json.decode(text)
        self.heard.append((message["data"]["opened_at"][11:16], message["data"]["close"], message["ended"]))


def _record(number: int, time_ms: int, price: int) -> TradeRecord:
    trade = Trade("BTC/USDT", price * 10**8, 10**8, Side.BUY, 1, 0, b"maker", 0, 0, 0, 2, 0, b"taker", 0, 0)
    return TradeRecord(number, time_ms, trade)


def test_a_candle_ends_with_the_next_trade_or_with_its_time() -> None:
    listener = _Listener()
    traded = Minute(0, 90 * 10**8)
    traded.add(91 * 10**8, 10**8, 91 * 10**8, 7, taker_buys=True)
    channel = CandleChannel(Topic("candles", "BTC/USDT", "1m"), MINUTE_MS, [traded], through=8, time_ms=30_000)
    channel.join(listener)
    channel.traded([_record(8, 31_000, 99), _record(9, 40_000, 92)])
    channel.traded([_record(10, 61_000, 93), _record(11, 62_000, 94)])
    for time_ms in (2 * MINUTE_MS, 2 * MINUTE_MS + GRACE_MS, 3 * MINUTE_MS):
        channel.beat(time_ms)
    assert listener.heard == [
        ("00:00", "91", False),
        ("00:00", "92", False),
        ("00:00", "92", True),
        ("00:01", "94", False),
        ("00:01", "94", True),
    ], "number 8 was in the minutes already; an end is told once"


def test_minutes_of_a_candle_that_has_ended_meanwhile_are_left_out() -> None:
    old, new = Minute(0, 10**8), Minute(MINUTE_MS, 2 * 10**8)
    for minute in (old, new):
        minute.add(minute.open, 10**8, minute.open, 1, taker_buys=False)
    listener = _Listener()
    CandleChannel(Topic("candles", "BTC/USDT", "1m"), MINUTE_MS, [old, new], through=1, time_ms=MINUTE_MS + 1).join(listener)
    assert listener.heard == [("00:01", "2", False)]
