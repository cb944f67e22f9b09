"""What a socket may ask for, and how the server ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest

from engine_container.gateway.sockets import connection as wire
from mycrypto.contracts import commands as c
from mycrypto.security import revocation
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "100"}
pytestmark = pytest.mark.usefixtures("socket_protocol")


def test_no_more_than_fifty_subscriptions_and_a_hundred_messages_a_second(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        h.engine.carry_out([c.SetSymbol(bytes([n] * 16), f"A{n}/USDT", f"A{n}", "USDT", 1, 1, 1, 1) for n in range(50)])
        await h.settle()
        async with h.socket("/ws") as socket:
            for number in range(50):
                socket.say(action="subscribe", stream="trades", symbol=f"A{number}/USDT")
                await socket.hear("subscribed")
            socket.say(action="subscribe", stream="trades", symbol="BTCUSDT")
            assert (await socket.hear("error"))["error"]["code"] == "RATE_LIMIT_EXCEEDED"
        async with h.socket("/ws") as loud:
            for _ in range(300):
                loud.say(action="ping")
            assert await loud.closed() in {wire.CLOSE_TOO_MANY, wire.CLOSE_TOO_SLOW}

    play(scenario)


def test_more_sockets_than_a_gateway_holds_are_turned_away(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_container.gateway.sockets.server.CONNECTIONS_MAX", 1)

    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as first, h.socket("/ws") as second, h.socket("/ws", answers=True) as third:
            await first.hear("connected")
            assert await second.closed() == wire.CLOSE_TRY_AGAIN
            start, body = await third.raw(), await third.raw()
            assert (start["type"], start["status"]) == ("websocket.http.response.start", 503)
            assert (b"retry-after", b"5") in start["headers"]
            assert msgspec.json.decode(body["body"])["code"] == "SERVICE_UNAVAILABLE"
        async with h.socket("/ws") as next_one:
            await next_one.hear("connected")

    play(scenario)


@pytest.mark.parametrize("text", ["garbage", '{"action":"place","order":{}}'])
def test_whatever_is_said_without_a_name_counts_as_a_message(play: Play, text: str) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            for _ in range(250):  # so that a hundred fall into one second, whenever that begins
                socket.say_text(text)
            assert await socket.closed() == wire.CLOSE_TOO_MANY

    play(scenario)


def test_an_error_bears_the_id_of_the_message_that_it_answers(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            for text, wanted in (
                ('{"id":"a","action":"fly"}', "a"),
                ('{"action":"subscribe","stream":"orderbooks","id":7}', 7),
                ('{"action":"ping","id":["x"]}', None),
                ("{", None),
            ):
                socket.say_text(text)
                assert (await socket.hear("error")).get("id") == wanted

    play(scenario)


def test_who_asks_for_cancelling_in_unknown_words_is_refused(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws/orders", user=ALICE, query="cancel_on_disconnect=1") as socket:
            assert (await socket.hear("error"))["error"]["errors"][0]["field"] == "cancel_on_disconnect"
            assert await socket.closed() == wire.CLOSE_NOT_FOUND

    play(scenario)


def test_an_expiring_token_is_told_once_even_if_a_second_was_missed(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws/orders", user=ALICE, life_s=40) as socket:
            assert (await socket.hear("token_expiring"))["data"]["expires_at"] > time.time() * 1_000
            await asyncio.sleep(1.2)  # so that it is looked at once more
            socket.say(action="ping")
            assert msgspec.json.decode((await socket.raw())["text"])["type"] == "pong"

    play(scenario)


def test_a_stuck_reader_does_not_hold_its_connection(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws/orders", user=ALICE) as socket:
            await socket.hear("subscribed")
            socket.stuck = asyncio.Event()
            h.redis.values[revocation.user_key(ALICE)] = str(time.time_ns() // 1_000_000 + 60_000).encode()
            await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
            await asyncio.wait_for(socket.ended(), 10)

    play(scenario)


def test_a_server_that_stops_answers_what_is_under_way_and_says_why_it_closes(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws", user=ALICE) as socket:
            await socket.hear("connected")
            h.engine.silent = True
            socket.say(action="place", id=1, order=LIMIT)
            for _ in range(500):
                if h.engine.appended:
                    break
                await asyncio.sleep(0.01)
            socket.stop()
            socket.say(action="place", id=2, order=LIMIT)
            assert (await socket.hear("error"))["error"]["code"] == "OUTCOME_UNKNOWN"
            last = await socket.raw()
            assert (last["type"], last["code"], last["reason"]) == ("websocket.close", wire.CLOSE_RESTART, wire.RESTARTING)
            assert len(h.engine.appended) == 1

    play(scenario)


@pytest.mark.parametrize("path", ["/ws/x", "/ws/", "/nowhere"])
def test_a_path_that_is_none_is_answered_as_http_answers_it(play: Play, path: str) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket(path, answers=True) as socket:
            start, body = await socket.raw(), await socket.raw()
            assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
            assert msgspec.json.decode(body["body"])["code"] == "NOT_FOUND"

    play(scenario)
