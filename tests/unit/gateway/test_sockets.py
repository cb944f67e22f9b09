"""Sockets: who may listen, what is heard, in which order, and when the server hangs up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import msgspec
import pytest

from engine_container.gateway.sockets import connection as wire
from engine_container.gateway.sockets.books import checksum
from mycrypto.contracts import commands as c
from mycrypto.contracts.events import decode_record
from mycrypto.security import revocation
from mycrypto.security.tokens import Role, Tier
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
BOB = UUID("018f0000-0000-7000-8000-00000000000b")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "100"}
pytestmark = pytest.mark.usefixtures("socket_protocol")


def rebuild(snapshot: dict[str, Any], updates: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """A client's book: the snapshot with the changes put on it."""
    book = {"BUY": dict(snapshot["data"]["bids"]), "SELL": dict(snapshot["data"]["asks"])}
    for update in updates:
        for change in update["data"]["changes"]:
            side = book[change["side"]]
            assert (change["action"] == "add") is (change["price"] not in side)
            if change["action"] == "remove":
                del side[change["price"]]
            else:
                side[change["price"]] = change["quantity"]
    return book


def test_a_snapshot_and_its_updates_make_the_full_book_without_gaps(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        async with h.socket("/ws/orderbook/btc-usdt") as socket:
            snapshot = await socket.hear("snapshot")
            assert snapshot["symbol"] == "BTC/USDT"
            assert snapshot["data"] == {"bids": [["100", "0.5"]], "asks": []}
            await h.call("POST", "/api/v1/orders", {**LIMIT, "price": "101"}, user=ALICE)
            await h.call("POST", "/api/v1/orders", {**LIMIT, "price": "102", "side": "SELL"}, user=ALICE)
            more = (await h.call("POST", "/api/v1/orders", LIMIT, user=BOB)).json()["order"]["id"]
            await h.call("DELETE", f"/api/v1/orders/{more}", user=BOB)
            await h.call("DELETE", "/api/v1/orders", user=ALICE)
            updates = [await socket.hear("orderbook_update") for _ in range(5)]
            assert [update["sequence"] for update in updates] == list(range(snapshot["sequence"] + 1, snapshot["sequence"] + 6))
            assert rebuild(snapshot, updates[:2]) == {"BUY": {"100": "0.5", "101": "0.5"}, "SELL": {"102": "0.5"}}
            assert rebuild(snapshot, updates) == {"BUY": {}, "SELL": {}}
            assert updates[-1]["checksum"] == checksum(h.gateway.views.books["BTC/USDT"])

    play(scenario)


def test_a_reader_that_comes_back_gets_what_it_missed_or_a_new_snapshot(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws/orderbook/BTCUSDT") as keeper, h.socket("/ws") as socket:
            first = await keeper.hear("snapshot")
            for price in ("100", "101", "102"):
                await h.call("POST", "/api/v1/orders", {**LIMIT, "price": price}, user=ALICE)
            updates = [await keeper.hear("orderbook_update") for _ in range(3)]
            socket.say(action="subscribe", stream="orderbook", symbol="BTCUSDT")
            await socket.hear("snapshot")
            socket.say(action="resync", stream="orderbook", symbol="BTCUSDT", epoch=first["epoch"], last_sequence=updates[0]["sequence"])
            assert [await socket.hear("orderbook_update") for _ in range(2)] == updates[1:]
            for epoch, last in ((first["epoch"], 999), ("another", 1)):
                socket.say(action="resync", stream="orderbook", symbol="BTCUSDT", epoch=epoch, last_sequence=last)
                assert len((await socket.hear("snapshot"))["data"]["bids"]) == 3

    play(scenario)


def test_own_orders_and_balances_are_heard_by_their_owner_alone(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws/orders", user=ALICE) as alice, h.socket("/ws/orders", user=BOB) as bob:
            await alice.hear("subscribed")
            await bob.hear("subscribed")
            order = (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).json()["order"]
            await h.call("DELETE", f"/api/v1/orders/{order['id']}", user=ALICE)
            placed, cancelled = await alice.hear("order_update"), await alice.hear("order_update")
            assert (placed["action"], placed["data"]["status"], placed["data"]["id"]) == ("created", "OPEN", order["id"])
            assert (cancelled["action"], cancelled["data"]["status"]) == ("cancelled", "CANCELLED")
            assert placed["sequence"] < cancelled["sequence"]
            bob.say(action="ping", id=7)
            assert (await bob.raw())["type"] == "websocket.send"
            alice.say(action="resync", stream="orders", last_sequence=placed["sequence"], id=7)
            assert (await alice.hear("order_update"))["data"]["status"] == "CANCELLED"
            done = await alice.hear("resynced")
            assert (done["id"], done["data"]) == (7, {"orders": 1, "complete": True})
            h.gateway.views.orders.evicted_seq = cancelled["sequence"]
            alice.say(action="resync", stream="orders", last_sequence=placed["sequence"])
            assert (await alice.hear("resynced"))["data"]["complete"] is False, "what the history alone has is not told here"

    play(scenario)


def test_a_halt_is_told_to_the_owners_of_cancelled_orders(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        paths = {"/ws/orderbook/BTCUSDT": None, "/ws/trades/BTCUSDT": None, "/ws/orders": ALICE}
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(h.socket(path, user=user)) for path, user in paths.items()]
            ticker = await stack.enter_async_context(h.socket("/ws"))
            ticker.say(action="subscribe", stream="ticker", symbol="BTCUSDT")
            for socket in (*sockets, ticker):
                await socket.hear("subscribed")
            body = {"status": "HALTED", "reason": "volatility", "estimated_resume": "2030-01-01T00:00:00Z"}
            answer = await h.call("PUT", "/api/v1/admin/symbols/BTCUSDT/status", body, user=BOB, roles=(Role.ADMIN,))
            assert answer.status_code == 200
            for socket in (*sockets, ticker):
                told = await socket.hear("symbol_status")
                assert (told["symbol"], told["data"]["status"], told["data"]["reason"]) == ("BTC/USDT", "HALTED", "volatility")

    play(scenario)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/ws/orderbook/NOPE", wire.CLOSE_NOT_FOUND),
        ("/ws/trades/NOPE", wire.CLOSE_NOT_FOUND),
        ("/ws/orders", wire.CLOSE_UNAUTHORIZED),
        ("/ws/x", 4404),
    ],
)
def test_a_channel_that_cannot_be_opened_is_closed_with_a_reason(play: Play, path: str, code: int) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket(path) as socket:
            assert await socket.closed() == code

    play(scenario)


def test_a_bad_token_and_too_many_connections_of_one_user_are_closed(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws/orders", user=ALICE, now_ms=1) as expired:
            assert await expired.closed() == wire.CLOSE_UNAUTHORIZED
        async with AsyncExitStack() as opened:
            *taken, last = [await opened.enter_async_context(h.socket("/ws/orders", user=ALICE)) for _ in range(6)]
            for each in taken:
                await each.hear("subscribed")
            assert await last.closed() == wire.CLOSE_TOO_MANY
        async with h.socket("/ws/orders", user=ALICE, tier=Tier.PRO) as one, h.socket("/ws/orders", user=ALICE, tier=Tier.PRO) as two:
            await one.hear("subscribed")
            await two.hear("subscribed")

    play(scenario)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "VALIDATION_ERROR"),
        ("[]", "VALIDATION_ERROR"),
        ('{"action":"fly"}', "VALIDATION_ERROR"),
        ('{"action":"subscribe"}', "VALIDATION_ERROR"),
        ('{"action":"subscribe","stream":"orderbook"}', "VALIDATION_ERROR"),
        ('{"action":"subscribe","stream":"orderbook","symbol":"NOPE"}', "ORDER_001"),
        ('{"action":"subscribe","stream":"orders"}', "UNAUTHORIZED"),
        ('{"action":"unsubscribe","stream":"ticker","symbol":"BTCUSDT"}', "VALIDATION_ERROR"),
        ('{"action":"place","order":{}}', "UNAUTHORIZED"),
        ('{"action":"place","order":{"symbol":"\\u0000"}}', "VALIDATION_ERROR"),
        ('{"action":"ping","extra":1}', "VALIDATION_ERROR"),
        ('{"action":"auth","token":"x"}', "INVALID_TOKEN"),
    ],
)
def test_bad_messages_are_answered_and_the_socket_stays_open(play: Play, text: str, code: str) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            socket.say_text(text)
            assert (await socket.hear("error"))["error"]["code"] == code
            socket.say(action="ping", id="p")
            assert (await socket.hear("pong"))["id"] == "p"

    play(scenario)


def test_orders_are_placed_and_cancelled_over_the_socket(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            socket.say(action="auth", id=1, token=h.token(ALICE))
            assert (await socket.hear("authenticated"))["id"] == 1
            socket.say(action="place", id=2, order={**LIMIT, "client_order_id": "ws-1"})
            placed = await socket.hear("result")
            assert (placed["id"], placed["status"], placed["data"]["order"]["client_order_id"]) == (2, 201, "ws-1")
            socket.say(action="place", id=3, order={**LIMIT, "quantity": "-1"})
            refused = await socket.hear("error")
            assert (refused["id"], refused["error"]["code"]) == (3, "INVALID_QUANTITY")
            socket.say(action="cancel", id=4, client_order_id="ws-1")
            assert (await socket.hear("result"))["data"]["status"] == "CANCELLED"
            socket.say(action="place_batch", id=5, orders=[LIMIT, {"symbol": 1}])
            assert [item["status"] for item in (await socket.hear("result"))["data"]["results"]] == [201, 400]
            socket.say(action="cancel_all", id=6)
            assert (await socket.hear("result"))["data"]["cancelled"] == 1

    play(scenario)


def test_many_orders_of_one_socket_travel_together(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws", user=ALICE) as socket:
            for number in range(60):
                socket.say(action="place", id=number, order=LIMIT)
            assert {(await socket.hear("result"))["id"] for _ in range(60)} == set(range(60))
            assert len(h.engine.appended) < 60

    play(scenario)


def test_more_orders_than_a_socket_may_have_under_way_wait_at_the_door(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ORDERS_IN_FLIGHT_MAX", 8)

    async def scenario(h: Harness) -> None:
        async with h.socket("/ws", user=ALICE) as socket:
            h.engine.held = asyncio.Event()
            for number in range(30):
                socket.say(action="place", id=number, order=LIMIT)
            await h.engine.reached.wait()
            for _ in range(100):  # time enough for all of them to be read, were they not held back
                await asyncio.sleep(0)
            assert h.gateway.commands.in_flight == 8
            h.engine.held.set()
            assert [(await socket.hear("result"))["id"] for _ in range(30)] == list(range(30))
            assert max(len(record) for record in h.engine.appended) <= 8

    play(scenario)


def test_a_slow_reader_is_closed_and_delays_no_other(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws/orderbook/BTCUSDT") as slow, h.socket("/ws/orderbook/BTCUSDT") as quick:
            await slow.hear("snapshot")
            await quick.hear("snapshot")
            slow.stuck = asyncio.Event()
            for number in range(wire.QUEUE_MAX + 5):
                await h.call("POST", "/api/v1/orders", {**LIMIT, "price": str(number + 1)}, user=ALICE)
                await quick.hear("orderbook_update")
            await asyncio.sleep(wire.STUCK_SECONDS + 0.1)
            await h.call("DELETE", "/api/v1/orders", user=ALICE)
            await quick.hear("orderbook_update")
            slow.stuck.set()
            assert await slow.closed() == wire.CLOSE_TOO_SLOW

    play(scenario)


def test_a_connection_ends_with_its_token(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        now_ms = time.time_ns() // 1_000_000
        async with h.socket("/ws/orders", user=ALICE, now_ms=now_ms, life_s=4) as ends, h.socket("/ws/orders", user=BOB) as revoked:
            await ends.hear("subscribed")
            await revoked.hear("subscribed")
            h.redis.values[revocation.user_key(BOB)] = str(now_ms + 60_000).encode()
            assert await revoked.closed() == wire.CLOSE_UNAUTHORIZED
            assert await ends.closed() == wire.CLOSE_UNAUTHORIZED
        now_ms = time.time_ns() // 1_000_000
        async with h.socket("/ws/orders", user=ALICE, now_ms=now_ms, life_s=10) as renewed:
            renewed.say(action="auth", token=h.token(ALICE))
            await renewed.hear("authenticated")
            renewed.say(action="auth", token=h.token(BOB, now_ms=now_ms + 120_000))
            assert (await renewed.hear("error"))["error"]["code"] == "FORBIDDEN"

    play(scenario)


def test_silence_closes_a_connection(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_container.gateway.sockets.server.IDLE_SECONDS_MAX", 0)

    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            assert await socket.closed() == wire.CLOSE_IDLE

    play(scenario)


def test_ticker_and_trades_are_told_in_their_time(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        async with h.socket("/ws") as socket:
            socket.say(action="subscribe", stream="ticker", symbol="BTCUSDT")
            assert (await socket.hear("ticker"))["data"]["bid_price"] is None
            await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
            assert (await socket.hear("ticker"))["data"]["bid_price"] == "100"
            socket.say(action="unsubscribe", stream="ticker", symbol="BTCUSDT")
            assert (await socket.hear("unsubscribed"))["success"] is True

    play(scenario)


def test_rebuilt_views_are_shown_without_a_gap(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events were missing, and others came before the views were whole again: no reader has to guess which."""
    monkeypatch.setattr("engine_container.logs.feed.RESYNC_SECONDS", 0.2)

    async def scenario(h: Harness) -> None:
        async with h.socket("/ws/orders", user=ALICE) as own, h.socket("/ws/orderbook/BTCUSDT") as book:
            await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
            await own.hear("order_update")
            first = await book.hear("snapshot")
            order = h.engine.appended[0][0]
            assert isinstance(order, c.PlaceOrder)
            h.events.add(msgspec.structs.replace(decode_record(h.events.records[-1]), first_seq=100))
            for _ in range(500):
                if h.gateway.feed.resyncs:
                    break
                await asyncio.sleep(0.01)
            h.events.records.pop()
            h.engine.carry_out([msgspec.structs.replace(order, command_id=b"another command.", client_order_id="meanwhile")])
            again = await own.hear("order_update")
            assert (again["action"], again["data"]["client_order_id"]) == ("resync", "meanwhile")
            assert (await own.hear("resynced"))["data"] == {"orders": 1, "complete": True}
            snapshot = await book.hear("snapshot")
            assert snapshot["epoch"] != first["epoch"]
            assert snapshot["data"]["bids"] == [["100", "1"]]
            await h.call("DELETE", "/api/v1/orders", user=ALICE)
            assert [(await own.hear("order_update"))["action"] for _ in range(2)] == ["cancelled", "cancelled"]

    play(scenario)
