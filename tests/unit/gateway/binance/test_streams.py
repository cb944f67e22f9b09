"""Streams of the market and of accounts, and the WebSocket API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from engine_container.gateway.binance import outlet
from engine_container.gateway.binance.signing import message_text
from tests.unit.gateway.binance.conftest import ALICE, Spot, hmac_of
from tests.unit.gateway.conftest import Socket

Trade = Callable[..., None]


class Client:
    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._ids = 0

    async def hear(self) -> Any:
        while True:
            message = await self._socket.raw()
            assert message["type"] != "websocket.close", message
            if message["type"] == "websocket.send":
                return msgspec.json.decode(message["text"])

    async def until(self, fits: Callable[[Any], bool]) -> Any:
        while True:
            heard = await self.hear()
            if fits(heard):
                return heard

    async def opened(self) -> None:
        """Until the server has taken the connection and has done what comes with it."""
        assert (await self._socket.raw())["type"] == "websocket.accept"
        for _ in range(5):
            await asyncio.sleep(0)

    def say(self, **message: Any) -> None:
        self._socket.say(**message)

    def say_text(self, text: str) -> None:
        self._socket.say_text(text)

    async def ask(self, method: str, **params: Any) -> Any:
        """The answer of the WebSocket API."""
        self._ids += 1
        mine = self._ids
        self.say(id=mine, method=method, params=params)
        return await self.until(lambda heard: heard.get("id") == mine)


@asynccontextmanager
async def connected(s: Spot, path: str, query: str = "", **headers: str) -> AsyncIterator[Client]:
    opened = Socket(s.facade, path, query, headers)
    try:
        yield Client(opened)
    finally:
        await opened.leave()


def signed(**params: Any) -> dict[str, Any]:
    values = {"apiKey": "alice", "timestamp": time.time_ns() // 1_000_000, **params}
    return values | {"signature": hmac_of(message_text({name: str(value) for name, value in values.items()}))}


@asynccontextmanager
async def beating(s: Spot) -> AsyncIterator[None]:
    """What the process does by time."""
    task = asyncio.create_task(s.facade.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_book_followed_as_binance_documents_it_is_the_book(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        async with beating(s), connected(s, "/ws/btctry@depth@100ms") as client:
            await s.place("SELL", quantity="1", price="1000", key="bob")
            first = await client.until(lambda heard: heard.get("e") == "depthUpdate")
            snapshot = await s.get("/api/v3/depth", symbol="BTCTRY")
            book: dict[str, dict[str, str]] = {"b": dict(snapshot["bids"]), "a": dict(snapshot["asks"])}
            assert first["u"] <= snapshot["lastUpdateId"]
            last = first["u"]
            for number in range(20):
                await s.place("BUY", quantity="0.1", price=f"{900 + number % 7}.00")
                await s.place("SELL", quantity="0.05", price=f"{900 + number % 7}.00", key="bob")
                if number % 3 == 0:
                    await s.must("DELETE", "/api/v3/openOrders", symbol="BTCTRY")
            end = s.h.gateway.views.books["BTC/TRY"].last_seq
            while last < end:
                update = await client.until(lambda heard: heard.get("e") == "depthUpdate")
                assert update["U"] == last + 1, "no gap"
                last = update["u"]
                if last <= snapshot["lastUpdateId"]:
                    continue
                for side in ("b", "a"):
                    for price, quantity in update[side]:
                        book[side][price] = quantity
                        if float(quantity) == 0:
                            del book[side][price]
            now = await s.get("/api/v3/depth", symbol="BTCTRY", limit=5000)
            assert (book["b"], book["a"]) == (dict(now["bids"]), dict(now["asks"]))

    trade(scenario)


def test_streams_are_chosen_by_messages_and_told_with_their_names(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        async with beating(s), connected(s, "/stream", "streams=btctry@trade") as client:
            client.say(method="SUBSCRIBE", params=["btctry@aggTrade", "btctry@kline_1m", "nothing@at_all"], id="x")
            assert await client.hear() == {"result": None, "id": "x"}
            client.say(method="LIST_SUBSCRIPTIONS", id=2)
            assert (await client.hear())["result"] == ["btctry@trade", "btctry@aggTrade", "btctry@kline_1m", "nothing@at_all"]
            await s.place("SELL", quantity="1", price="1000", key="bob")
            await s.place("BUY", quantity="1", price="1000")
            told: dict[str, Any] = {}
            while len(told) < 3:
                heard = await client.hear()
                told[heard["stream"]] = heard["data"]
            assert told["btctry@trade"]["t"] == told["btctry@aggTrade"]["a"] == told["btctry@kline_1m"]["k"]["L"]
            candle = told["btctry@kline_1m"]
            assert candle["k"]["x"] is (candle["E"] > candle["k"]["T"])  # a minute may end while the test runs
            client.say(method="UNSUBSCRIBE", params=["btctry@trade"], id=3)
            assert (await client.until(lambda heard: heard.get("id") == 3))["result"] is None
            client.say(method="NONSENSE", id=4)
            assert (await client.until(lambda heard: heard.get("id") == 4))["error"]["code"] == 2

    trade(scenario)


def test_tickers_and_the_top_of_the_book(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        plain = ("ticker", "miniTicker", "bookTicker", "depth5", "ticker_1h", "avgPrice")
        names = ["!miniTicker@arr", *(f"btctry@{name}" for name in plain)]
        async with beating(s), connected(s, "/stream", f"streams={'/'.join(names)}") as client:
            await s.place("SELL", quantity="1", price="1000", key="bob")
            await s.place("BUY", quantity="0.5", price="1000")
            told: dict[str, Any] = {}
            while set(told) != set(names) or told["btctry@ticker"]["c"] != "1000.00000000":
                heard = await client.hear()
                told[heard["stream"]] = heard["data"]
            assert told["btctry@ticker"]["e"] == "24hrTicker"
            assert told["btctry@ticker_1h"]["e"] == "1hTicker"
            assert told["btctry@bookTicker"]["A"] == "0.50000000"
            assert {name: told["btctry@avgPrice"][name] for name in "eiw"} == {"e": "avgPrice", "i": "5m", "w": "1000.00000000"}
            assert told["btctry@depth5"]["asks"] == [["1000.00000000", "0.50000000"]]

    trade(scenario)


def test_orders_over_the_websocket_api_and_what_the_account_hears(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        async with connected(s, "/ws-api/v3") as client:
            assert (await client.ask("ping"))["result"] == {}
            refused = await client.ask("userDataStream.subscribe")
            assert refused["status"] == 401
            session = await client.ask("session.logon", **signed())
            assert session["result"]["apiKey"] == "alice"
            assert (await client.ask("userDataStream.subscribe"))["result"] == {"subscriptionId": 0}
            order = {"symbol": "BTCTRY", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": 1, "price": 1000.5}
            client.say(id="o", method="order.place", params=order)
            told: list[Any] = [await client.hear() for _ in range(3)]
            answer = next(each for each in told if each.get("id") == "o")
            assert answer["result"]["status"] == "NEW"
            assert [limit["rateLimitType"] for limit in answer["rateLimits"]] == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]
            events = [each["event"] for each in told if "event" in each]
            assert [event["e"] for event in events] == ["executionReport", "outboundAccountPosition"]
            assert (events[0]["x"], events[0]["X"], events[0]["p"]) == ("NEW", "NEW", "1000.50000000")
            await s.place("SELL", quantity="1", price="1000", key="bob")
            fill = (await client.until(lambda heard: "event" in heard))["event"]
            assert (fill["x"], fill["X"], fill["m"], fill["z"], fill["N"]) == ("TRADE", "FILLED", True, "1.00000000", "TRY")
            gone = await client.ask("order.cancel", symbol="BTCTRY", orderId=answer["result"]["orderId"])
            assert (gone["status"], gone["error"]["code"]) == (400, -2011)
            status = await client.ask("order.status", **signed(symbol="BTCTRY", orderId=answer["result"]["orderId"]))
            assert status["result"]["status"] == "FILLED"
            wrong = await client.ask("account.status", **signed() | {"signature": "0"})
            assert wrong["error"]["code"] == -1022
            assert (await client.ask("nothing.at.all"))["status"] == 404

    trade(scenario)


def test_cancels_expiries_and_lists_are_told(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        heard: list[Any] = []
        s.facade._sockets.reports.listen(ALICE.bytes, heard.append)
        order = await s.place(quantity="1", price="1000")
        await s.must("DELETE", "/api/v3/order", symbol="BTCTRY", orderId=order["orderId"])
        await s.place(quantity="1", price="1000", timeInForce="IOC")
        await s.place(quantity="1", price="1000", timeInForce="FOK")
        kinds = [(event["x"], event["X"]) for event in heard if event["e"] == "executionReport"]
        new, ended = ("NEW", "NEW"), ("EXPIRED", "EXPIRED")
        assert kinds == [new, ("CANCELED", "CANCELED"), new, ended, new, ended]
        assert heard[2]["C"] == order["clientOrderId"]
        heard.clear()
        legs = {"aboveType": "STOP_LOSS", "aboveStopPrice": "1100", "belowType": "LIMIT_MAKER", "belowPrice": "900"}
        pair = await s.must("POST", "/api/v3/orderList/oco", symbol="BTCTRY", side="BUY", quantity="1", **legs)
        assert [event["e"] for event in heard] == ["executionReport", "executionReport", "listStatus", "outboundAccountPosition"]
        assert heard[2]["g"] == heard[0]["g"] == pair["orderListId"]

    trade(scenario)


def test_a_key_to_listen_with_opens_a_socket_of_the_older_kind(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        made = await s.client.post("/api/v3/userDataStream", headers={"X-MBX-APIKEY": "alice"})
        key = made.json()["listenKey"]
        async with connected(s, f"/ws/{key}") as client:
            await client.opened()
            await s.place(quantity="1", price="1000")
            assert (await client.hear())["e"] == "executionReport"
        other = await s.client.put(f"/api/v3/userDataStream?listenKey={key}", headers={"X-MBX-APIKEY": "bob"})
        assert other.json() == {"code": -1125, "msg": "This listenKey does not exist."}

    trade(scenario)


def test_a_revoked_key_hears_nothing_more(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        async with beating(s), connected(s, "/ws-api/v3") as client:
            assert (await client.ask("userDataStream.subscribe.signature", **signed()))["status"] == 200
            s.h.redis.values.pop("apikey:alice")
            end = await client.until(lambda heard: "event" in heard)
            assert end["event"]["e"] == "eventStreamTerminated"
            assert s.facade._sockets.reports._listeners == {}

    trade(scenario)


def test_a_connection_lasts_a_day(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "LIFE_SECONDS_MAX", 0.01)

    async def scenario(s: Spot) -> None:
        for path in ("/ws/btctry@trade", "/ws-api/v3"):
            socket = Socket(s.facade, path, "", {})
            assert (await socket.raw())["type"] == "websocket.accept"
            assert '"e":"serverShutdown"' in str((await socket.raw())["text"])
            assert await socket.closed() == outlet.CLOSE_RESTART
            await socket.leave()

    trade(scenario)


def test_limits_are_told_with_answers_unless_they_are_not_wanted(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        order = {"symbol": "BTCTRY", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "1000"}
        async with connected(s, "/ws-api/v3") as client:
            placed = await client.ask("order.place", **signed(**order))
            counts = {limit["rateLimitType"]: limit["count"] for limit in placed["rateLimits"]}
            assert counts["ORDERS"] == 1, "of the account that signed, without a session"
            assert counts["REQUEST_WEIGHT"] >= 1
            assert "rateLimits" not in await client.ask("ping", returnRateLimits=False)
            refused = await client.ask("order.place", returnRateLimits=False, **order)
            assert refused["error"]["code"] == -2014
            assert "rateLimits" not in refused
            assert "rateLimits" in await client.ask("order.place", **order)

    trade(scenario)
