"""What clients send wrong, too much of, or twice: over HTTP and over the WebSocket API it has its code and its text, and changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest

from engine_container.gateway.binance import limits, outlet
from engine_container.gateway.binance.outlet import CLOSE_POLICY
from mycrypto.security.api_keys import Scope
from tests.unit.gateway.binance.conftest import ALICE, Spot, hmac_of
from tests.unit.gateway.binance.test_streams import beating, connected, signed
from tests.unit.gateway.conftest import Socket

Trade = Callable[..., None]
ORDER: Final[dict[str, Any]] = {"symbol": "BTCTRY", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "1000"}
LATE: Final = (-1021, "Timestamp for this request is outside of the recvWindow.")
REVOKED: Final = (-2015, "Invalid API-key, IP, or permissions for action.")


def signed_query(**params: Any) -> str:
    text = urlencode({"timestamp": time.time_ns() // 1_000_000, **params})
    return f"{text}&signature={hmac_of(text)}"


async def send(s: Spot, method: str, path: str, query: str) -> httpx.Response:
    """A query as it is."""
    return await s.client.request(method, f"{path}?{query}", headers={"X-MBX-APIKEY": "alice"})


async def nothing_was_placed(s: Spot) -> None:
    assert await s.must("GET", "/api/v3/allOrders", symbol="BTCTRY") == []
    account = await s.must("GET", "/api/v3/account")
    assert {row["locked"] for row in account["balances"]} == {"0.00000000"}


def test_unknown_parameters_are_signed_and_ignored(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        assert (await s.must("POST", "/api/v3/order", **ORDER, strategyId="7", nonsense="x"))["status"] == "NEW"
        async with connected(s, "/ws-api/v3") as client:
            placed = await client.ask("order.place", **signed(**ORDER, nonsense="x"))
            assert placed["result"]["status"] == "NEW"

    trade(scenario)


WRONG_KINDS: Final = [
    ("GET", "/api/v3/depth", {"symbol": "BTCTRY", "limit": "many"}, -1100),
    ("GET", "/api/v3/depth", {"symbol": "BTCTRY", "limit": "0"}, -1130),
    ("GET", "/api/v3/depth", {"symbol": "BTCTRY", "limit": "-5"}, -1100),
    ("GET", "/api/v3/depth", {"symbol": "btctry"}, -1121),
    ("GET", "/api/v3/depth", {"symbol": "BTC/TRY"}, -1121),
    ("GET", "/api/v3/depth", {}, -1102),
    ("GET", "/api/v3/klines", {"symbol": "BTCTRY", "interval": "7m"}, -1120),
    ("GET", "/api/v3/klines", {"symbol": "BTCTRY", "interval": "1m", "startTime": "yesterday"}, -1100),
    ("GET", "/api/v3/ticker/price", {"symbols": "BTCTRY"}, -1100),
    ("GET", "/api/v3/ticker/price", {"symbols": '["BTCTRY","BTCTRY"]'}, -1101),
    ("GET", "/api/v3/aggTrades", {"symbol": "BTCTRY", "fromId": "99999999999999999999"}, -1130),
    ("GET", "/api/v3/aggTrades", {"symbol": "BTCTRY", "startTime": "2", "endTime": "1"}, -1128),
    ("GET", "/api/v3/allOrders", {"symbol": "BTCTRY", "startTime": "1", "endTime": "99999999"}, -1127),
    ("GET", "/api/v3/account", {"omitZeroBalances": "maybe"}, -1100),
    ("GET", "/api/v3/order", {"symbol": "BTCTRY"}, -1102),
    ("GET", "/api/v3/order", {"symbol": "BTCTRY", "orderId": "one"}, -1100),
    ("DELETE", "/api/v3/order", {"symbol": "BTCTRY", "orderId": "1.5"}, -1100),
    ("POST", "/api/v3/order", {**ORDER, "quantity": "1e3"}, -1100),
    ("POST", "/api/v3/order", {**ORDER, "quantity": "NaN"}, -1100),
    ("POST", "/api/v3/order", {**ORDER, "price": "1,000"}, -1100),
    ("POST", "/api/v3/order", {**ORDER, "quantity": "\u0661"}, -1100),
    ("POST", "/api/v3/order", {**ORDER, "newClientOrderId": "x\x00y"}, -1100),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "params", "code"), WRONG_KINDS)
def test_values_of_the_wrong_kind(trade: Trade, method: str, path: str, params: dict[str, Any], code: int) -> None:
    async def scenario(s: Spot) -> None:
        answer = await s.signed(method, path, **params)
        assert (answer.status_code, set(answer.json())) == (400, {"code", "msg"})
        assert answer.json()["code"] == code, answer.text
        await nothing_was_placed(s)

    trade(scenario)


def test_values_of_the_wrong_kind_over_the_websocket_api(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        async with connected(s, "/ws-api/v3") as client:
            for change, code in (({"quantity": [1]}, -1100), ({"side": {"x": 1}}, -1117), ({"price": True}, -1100), ({"symbol": 7}, -1121)):
                values: dict[str, Any] = {**ORDER, **change}
                texts = {name: '{"x":1}' if isinstance(value, dict) else "[1]" if value == [1] else value for name, value in values.items()}
                sent = signed(**{**texts, "price": "true"} if values["price"] is True else texts)
                answer = await client.ask("order.place", **{**sent, **change})
                assert (answer["status"], answer["error"]["code"]) == (400, code), change
            assert await broken(client, "{not json") == {"code": -1135, "msg": "Invalid JSON request."}
            assert await broken(client, '{"id":1.5,"method":"ping"}') == {"code": -1135, "msg": "Invalid JSON request."}
            assert await broken(client, '{"id":1,"method":"ping","params":[]}') == {"code": -1135, "msg": "Invalid JSON request."}
        await nothing_was_placed(s)

    trade(scenario)


async def broken(client: Any, text: str) -> Any:
    client.say_text(text)
    return (await client.until(lambda heard: "error" in heard))["error"]


def test_a_parameter_that_is_said_twice(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        twice = {"code": -1101, "msg": "Duplicate values for a parameter detected."}
        text = urlencode({"timestamp": time.time_ns() // 1_000_000, **ORDER}) + "&quantity=2"
        answer = await send(s, "POST", "/api/v3/order", f"{text}&signature={hmac_of(text)}")
        assert (answer.status_code, answer.json()) == (400, twice)
        headers = {"X-MBX-APIKEY": "alice", "Content-Type": "application/x-www-form-urlencoded"}
        form = await s.client.post("/api/v3/order", content=f"{text}&signature={hmac_of(text)}".encode(), headers=headers)
        assert (form.status_code, form.json()) == (400, twice)
        many = await send(s, "GET", "/api/v3/depth", "&".join(f"p{number}=1" for number in range(200)))
        assert many.json() == {"code": -1101, "msg": "Too many parameters sent for this endpoint."}
        await nothing_was_placed(s)

    trade(scenario)


def test_a_body_that_is_too_large_is_not_read(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        content = f"{signed_query(**ORDER)}&padding={'x' * 70_000}".encode()
        headers = {"X-MBX-APIKEY": "alice", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await s.client.post("/api/v3/order", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, -1130)
        await nothing_was_placed(s)

    trade(scenario)


def test_a_flood_over_the_websocket_api_is_refused_and_then_shut_out_everywhere(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REFUSED_MAX", 3)

    async def scenario(s: Spot) -> None:
        async with connected(s, "/ws-api/v3") as client:
            assert (await client.ask("ping"))["status"] == 200
            address = "127.0.0.1"
            s.facade.limits.weigh(address, limits.WEIGHT.limit - s.facade.limits.used(address, limits.WEIGHT))
            for _ in range(3):
                much = await client.ask("order.place", **signed(**ORDER))
                assert (much["status"], much["error"]["code"]) == (429, -1003)
            shut = await client.ask("order.place", **signed(**ORDER))
            assert (shut["status"], shut["error"]["code"]) == (418, -1003)
        assert (await s.client.get("/api/v3/ping")).status_code == 418
        assert not s.h.gateway.views.orders.of(ALICE.bytes)

    trade(scenario, rate_limits="on")


def test_what_a_market_socket_does_not_understand_has_an_error_and_the_socket_goes_on(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        async with connected(s, "/ws") as client:
            for text in (
                "{not json",
                '{"id":1.5,"method":"SUBSCRIBE","params":[]}',
                '{"id":1,"method":"SUBSCRIBE","params":{}}',
                '{"id":1,"method":"SUBSCRIBE","params":[1]}',
                '{"id":1,"method":"SUBSCRIBE","params":[]}',
                '{"id":1,"method":"SET_PROPERTY","params":["combined","yes"]}',
                '{"id":1,"method":"SUBSCRIBE","params":["%s"]}' % ("x" * 200),
                '{"id":1,"method":["SUBSCRIBE"]}',
                "[]",
            ):
                assert (await broken(client, text))["code"] == 2, text
            many = [f"s{number}@trade" for number in range(1_025)]
            client.say(method="SUBSCRIBE", params=many, id=2)
            assert (await client.hear())["error"]["code"] == 2
            client.say(method="LIST_SUBSCRIPTIONS", id=3)
            assert await client.hear() == {"result": [], "id": 3}

    trade(scenario)


def test_a_message_that_is_sent_again_is_what_it_was(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        async with connected(s, "/ws-api/v3") as client:
            message = signed(**ORDER, newClientOrderId="once")
            first, again = [await client.ask("order.place", **message) for _ in range(2)]
            assert first["result"]["orderId"] == again["result"]["orderId"]
            other = await client.ask("order.place", **signed(**{**ORDER, "quantity": "2"}, newClientOrderId="once"))
            assert other["error"] == {"code": -2010, "msg": "Duplicate order sent."}
        assert len(await s.must("GET", "/api/v3/openOrders")) == 1

    trade(scenario)


def test_a_flood_over_a_socket_ends_it(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "MESSAGES_PER_SECOND_MAX", 5)

    async def scenario(s: Spot) -> None:
        for path in ("/ws-api/v3", "/ws"):
            socket = Socket(s.facade, path, "", {})
            for number in range(20):
                socket.say(id=number, method="ping")
            assert await socket.closed() == CLOSE_POLICY
            await socket.leave()

    trade(scenario)


def test_a_request_that_is_sent_again_is_what_it_was(trade: Trade) -> None:
    """Binance takes a signature as often as it comes within its window. The order's own name is what keeps an order from being two."""

    async def scenario(s: Spot) -> None:
        order = signed_query(**ORDER, newClientOrderId="once")
        first, again = [await send(s, "POST", "/api/v3/order", order) for _ in range(2)]
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json()["orderId"] == again.json()["orderId"]
        cancel = signed_query(symbol="BTCTRY", origClientOrderId="once")
        gone, missing = [await send(s, "DELETE", "/api/v3/order", cancel) for _ in range(2)]
        assert gone.json()["status"] == "CANCELED"
        assert missing.json() == {"code": -2011, "msg": "Unknown order sent."}
        stale = signed_query(**{**ORDER, "timestamp": time.time_ns() // 1_000_000 - 5_001})
        late = await send(s, "POST", "/api/v3/order", stale)
        assert (late.status_code, late.json()["code"], late.json()["msg"]) == (400, *LATE)
        assert await s.must("GET", "/api/v3/openOrders") == []

    trade(scenario)


def test_clocks_that_are_wrong_over_the_websocket_api(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        now = time.time_ns() // 1_000_000
        async with connected(s, "/ws-api/v3") as client:
            for stamp in (now - 5_001, now + 2_000, 0):
                answer = await client.ask("order.place", **signed(**ORDER, timestamp=stamp))
                assert answer["error"]["code"] == -1021, stamp
            wide = await client.ask("order.place", **signed(**ORDER, recvWindow=60_001))
            assert wide["error"]["code"] == -1131
        await nothing_was_placed(s)

    trade(scenario)


def test_a_revoked_key_can_do_nothing_more_on_a_socket_that_is_open(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        async with connected(s, "/ws-api/v3") as client:
            assert (await client.ask("session.logon", **signed()))["status"] == 200
            assert (await client.ask("order.test", **ORDER))["result"] == {}
            s.h.redis.values.pop("apikey:alice")
            s.h.gateway.api_keys._known.clear()  # what a gateway remembers of a key for a moment
            for message in (signed(**ORDER), ORDER):
                answer = await client.ask("order.place", **message)
                assert (answer["status"], answer["error"]["code"], answer["error"]["msg"]) == (401, *REVOKED)

    trade(scenario)


def test_a_listen_key_ends_with_the_key_that_made_it(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        headers = {"X-MBX-APIKEY": "alice"}
        for end in ("the API key is revoked", "the listen key is deleted"):
            listen_key = (await s.client.post("/api/v3/userDataStream", headers=headers)).json()["listenKey"]
            socket = Socket(s.facade, f"/ws/{listen_key}", "", {})
            async with beating(s):
                assert (await socket.raw())["type"] == "websocket.accept"
                if end == "the listen key is deleted":
                    assert (await s.client.delete(f"/api/v3/userDataStream?listenKey={listen_key}", headers=headers)).json() == {}
                else:
                    s.h.redis.values.pop("apikey:alice")
                told = await socket.raw()
                assert '"e":"listenKeyExpired"' in told["text"], end
                assert await socket.closed() == 1000
            await socket.leave()
            s.publish("alice", ALICE, Scope.READ, Scope.TRADE)

    trade(scenario)
