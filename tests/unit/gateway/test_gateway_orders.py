"""Placing, cancelling and finding orders through the gateway, with an engine that answers at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mycrypto.contracts import commands as c
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.ids import parse_trading_uuid, trading_uuid
from mycrypto.security.tokens import Role
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
BOB = UUID("018f0000-0000-7000-8000-00000000000b")
LIMIT = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.5", "price": "42500.10"}
MARKET = {"symbol": "BTC/USDT", "side": "SELL", "type": "MARKET", "quantity": "0.5"}


def test_a_limit_order_is_appended_and_answered_with_what_the_engine_made_of_it(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("POST", "/api/v1/orders", {**LIMIT, "client_order_id": "mine-1", "post_only": True}, user=ALICE)
        assert answer.status_code == 201, answer.text
        order = answer.json()["order"]
        assert order["status"] == "OPEN"
        assert order["quantity"] == "0.5"
        assert order["price"] == "42500.1"
        assert order["remaining_quantity"] == "0.5"
        assert order["user_id"] == str(ALICE)
        assert order["symbol"] == "BTC/USDT"
        assert order["post_only"] is True
        assert order["average_price"] is None
        assert answer.json()["trades"] == []
        (command,) = h.engine.appended[0]
        assert isinstance(command, c.PlaceOrder)
        assert command.price == 4_250_010_000_000
        assert command.quantity == 50_000_000
        assert (command.side, command.type, command.time_in_force) == (Side.BUY, OrderType.LIMIT, TimeInForce.GTC)
        parts = parse_trading_uuid(UUID(order["id"]))
        assert parts is not None
        assert parts.number == 2

    play(scenario)


def test_a_list_ends_with_its_last_day_and_takes_offsets_as_people_write_them(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        placed = (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).json()["order"]
        day = placed["created_at"][:10]
        for period, count in (
            (f"start_date={day}&end_date={day}", 1),
            (f"end_date={day}T00:00:00Z", 0),
            (f"start_date={day}T00:00:00+00:00", 1),  # not encoded
            (f"start_date={day}T00:00:00%2B00:00&end_date={day}", 1),
            (f"start_date={day} 00:00:00Z", 1),
        ):
            answer = await h.call("GET", f"/api/v1/orders?{period}", user=ALICE)
            assert (answer.status_code, len(answer.json()["data"])) == (200, count), period

    play(scenario)


def test_a_book_that_nothing_has_changed_is_as_old_as_its_listing(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        listed = (await h.call("GET", "/api/v1/markets/BTCUSDT")).json()["updated_at"]
        assert (await h.call("GET", "/api/v1/orderbook/BTCUSDT")).json()["timestamp"] == listed

    play(scenario)


def test_an_order_can_be_read_at_once_by_either_name(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        placed = (await h.call("POST", "/api/v1/orders", {**LIMIT, "client_order_id": "a/b:c"}, user=ALICE)).json()["order"]
        by_id = await h.call("GET", f"/api/v1/orders/{placed['id']}", user=ALICE)
        by_name = await h.call("GET", "/api/v1/orders/by-client-id/a/b:c", user=ALICE)
        assert by_id.json() == by_name.json() == {**placed, "fills": []}
        assert (await h.call("GET", "/api/v1/orders/by-client-id/a/b:c", user=BOB)).status_code == 404

    play(scenario)


def test_a_name_is_made_up_where_none_is_given(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        one = (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).json()["order"]["client_order_id"]
        two = (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).json()["order"]["client_order_id"]
        assert UUID(one) != UUID(two)

    play(scenario)


@pytest.mark.parametrize("spelling", ["BTC/USDT", "BTC-USDT", "BTC_USDT", "BTCUSDT", "btcusdt", "btc-usdt"])
def test_every_spelling_of_a_symbol_is_understood(play: Play, spelling: str) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("POST", "/api/v1/orders", {**LIMIT, "symbol": spelling}, user=ALICE)
        assert answer.json()["order"]["symbol"] == "BTC/USDT"
        assert (await h.call("GET", f"/api/v1/orderbook/{spelling}")).json()["symbol"] == "BTC/USDT"
        assert (await h.call("GET", f"/api/v1/markets/{spelling}/ticker")).json()["symbol"] == "BTC/USDT"

    play(scenario)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"quantity": "-1"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "0"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "1e3"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "0.123456789"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "99999999999"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": " 1"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "٣"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": "NaN"}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": 1}, "VALIDATION_ERROR", "quantity"),
        ({"quantity": 0.5}, "VALIDATION_ERROR", "quantity"),
        ({"quantity": True}, "VALIDATION_ERROR", "quantity"),
        ({"quantity": "1" * 65}, "VALIDATION_ERROR", "quantity"),
        ({"quantity": None}, "INVALID_ORDER", "quantity"),
        ({"price": "-1"}, "ORDER_002", "price"),
        ({"price": "0"}, "ORDER_002", "price"),
        ({"price": "1E5"}, "ORDER_002", "price"),
        ({"price": None}, "INVALID_ORDER", "price"),
        ({"symbol": "DOGE/USDT"}, "ORDER_001", "symbol"),
        ({"symbol": "BTC//USDT"}, "ORDER_001", "symbol"),
        ({"symbol": "BTC/\u017fDT"}, "ORDER_001", "symbol"),
        ({"symbol": ""}, "VALIDATION_ERROR", "symbol"),
        ({"symbol": None}, "VALIDATION_ERROR", "symbol"),
        ({"side": "buy"}, "VALIDATION_ERROR", "side"),
        ({"type": "ICEBERG"}, "VALIDATION_ERROR", "type"),
        ({"time_in_force": "GTT"}, "VALIDATION_ERROR", "time_in_force"),
        ({"leverage": "10"}, "VALIDATION_ERROR", "leverage"),
        ({"user_id": str(BOB)}, "VALIDATION_ERROR", "user_id"),
        ({"client_order_id": "has space"}, "VALIDATION_ERROR", "client_order_id"),
        ({"client_order_id": ""}, "VALIDATION_ERROR", "client_order_id"),
        ({"client_order_id": "x" * 101}, "VALIDATION_ERROR", "client_order_id"),
        ({"post_only": "yes"}, "VALIDATION_ERROR", "post_only"),
        ({"post_only": True, "time_in_force": "IOC"}, "INVALID_ORDER", "post_only"),
        ({"quote_quantity": "10"}, "INVALID_ORDER", "quote_quantity"),
        ({"stop_price": "10"}, "INVALID_ORDER", "stop_price"),
        ({"time_in_force": "GTD"}, "INVALID_ORDER", "expires_at"),
        ({"time_in_force": "GTD", "expires_at": "tomorrow"}, "VALIDATION_ERROR", "expires_at"),
        ({"time_in_force": "GTD", "expires_at": "2026-01-01T00:00:00"}, "VALIDATION_ERROR", "expires_at"),
        ({"mode": "toy"}, "VALIDATION_ERROR", "mode"),
    ],
)
def test_a_bad_order_is_refused_with_the_field_at_fault_and_nothing_is_appended(
    play: Play, changes: dict[str, Any], code: str, field: str
) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("POST", "/api/v1/orders", {**LIMIT, **changes}, user=ALICE)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["code"] == code
        assert field in [error["field"] for error in problem["errors"]]
        assert problem["trace_id"] == answer.headers["x-request-id"]
        assert h.engine.appended == []

    play(scenario)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**MARKET, "price": "1"}, 400),
        ({**MARKET, "quote_quantity": "100"}, 400),
        ({"symbol": "BTC/USDT", "side": "BUY", "type": "MARKET"}, 400),
        ({**MARKET, "time_in_force": "GTD", "expires_at": "2030-01-01T00:00:00Z"}, 400),
        ({**MARKET, "post_only": True}, 400),
        (MARKET, 201),
        ({**MARKET, "time_in_force": "GTC"}, 201),
        ({"symbol": "BTC/USDT", "side": "BUY", "type": "MARKET", "quote_quantity": "100"}, 201),
    ],
)
def test_a_market_order_never_rests_and_is_given_by_one_quantity(play: Play, body: dict[str, Any], status: int) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("POST", "/api/v1/orders", body, user=ALICE)
        assert answer.status_code == status, answer.text
        if status == 201:
            (command,) = h.engine.appended[0]
            assert isinstance(command, c.PlaceOrder)
            assert command.time_in_force is TimeInForce.IOC
            assert command.price == 0

    play(scenario)


def test_later_order_types_are_passed_on_with_all_their_fields(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        body = {
            "symbol": "BTC/USDT",
            "side": "SELL",
            "type": "STOP_LIMIT",
            "quantity": "1",
            "price": "39000",
            "stop_price": "40000",
            "display_quantity": "0.1",
            "time_in_force": "GTD",
            "expires_at": "2030-01-01T00:00:00Z",
            "self_trade_prevention": "CANCEL_BOTH",
        }
        assert (await h.call("POST", "/api/v1/orders", body, user=ALICE)).status_code == 201
        trailing = {
            "symbol": "BTC/USDT",
            "side": "SELL",
            "type": "TRAILING_STOP",
            "quantity": "1",
            "trail_bps": 100,
            "activation_price": "50000",
        }
        assert (await h.call("POST", "/api/v1/orders", trailing, user=ALICE)).status_code == 201
        stop, trail = h.engine.appended[0][0], h.engine.appended[1][0]
        assert isinstance(stop, c.PlaceOrder)
        assert isinstance(trail, c.PlaceOrder)
        assert (stop.stop_price, stop.display_quantity, stop.expires_ms) == (4_000_000_000_000, 10_000_000, 1_893_456_000_000)
        assert stop.self_trade_prevention.name == "CANCEL_BOTH"
        assert (trail.trail_bps, trail.activation_price) == (100, 5_000_000_000_000)
        for kind in ("STOP", "TAKE_PROFIT"):
            following = {"symbol": "BTC/USDT", "side": "SELL", "type": kind, "quantity": "1", "trail_bps": 50, "activation_price": "50000"}
            assert (await h.call("POST", "/api/v1/orders", following, user=ALICE)).status_code == 201
            for wrong in (
                {**following, "stop_price": "40000"},
                {**following, "trail_bps": None, "stop_price": "40000"},
                {**following, "trail_bps": None},
            ):
                answer = await h.call("POST", "/api/v1/orders", wrong, user=ALICE)
                assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_ORDER")
        assert len(h.engine.appended) == 4

    play(scenario)


def test_a_refusal_of_the_engine_becomes_a_problem_with_its_figures_as_decimals(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        h.engine.refuse = ("WALLET_001", {"required": 2_125_000_000_000, "available": 150_000_000, "asset": "USDT"})
        answer = await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        assert answer.status_code == 400
        problem = answer.json()
        assert (problem["code"], problem["required"], problem["available"], problem["asset"]) == ("WALLET_001", "21250", "1.5", "USDT")
        rejected = (await h.call("GET", "/api/v1/orders?status=REJECTED", user=ALICE)).json()["data"]
        assert [order["reason"] for order in rejected] == ["WALLET_001"]

    play(scenario)


def test_the_same_client_order_id_answers_with_the_same_order(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        body = {**LIMIT, "client_order_id": "once"}
        first = await h.call("POST", "/api/v1/orders", body, user=ALICE)
        again = await h.call("POST", "/api/v1/orders", body, user=ALICE)
        assert again.status_code == 201
        assert again.json()["order"] == first.json()["order"]
        assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)

    play(scenario)


def test_cancel_answers_with_the_cancelled_order_and_only_once(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        order = (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).json()["order"]
        path = f"/api/v1/orders/{order['id']}"
        cancelled = await h.call("DELETE", path, user=ALICE)
        assert cancelled.status_code == 200
        assert (cancelled.json()["status"], cancelled.json()["reason"]) == ("CANCELLED", "USER")
        assert cancelled.json()["cancelled_at"] is not None
        again = await h.call("DELETE", path, user=ALICE)
        assert (again.status_code, again.json()["code"]) == (400, "ORDER_004")

    play(scenario)


def test_an_order_is_its_owners_alone_but_staff_may_look(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        order = (await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)).json()["order"]
        path = f"/api/v1/orders/{order['id']}"
        for method in ("GET", "DELETE"):
            answer = await h.call(method, path, user=BOB)
            assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
        assert (await h.call("GET", path, user=BOB, roles=(Role.SUPPORT,))).status_code == 200
        assert (await h.call("DELETE", path, user=BOB, roles=(Role.ADMIN,))).status_code == 403
        assert (await h.call("POST", "/api/v1/orders", LIMIT, user=BOB, roles=(Role.SUPPORT,))).status_code == 403
        assert (await h.call("GET", f"/api/v1/orders?user_id={ALICE}", user=BOB)).status_code == 403
        seen = await h.call("GET", f"/api/v1/orders?user_id={ALICE}", user=BOB, roles=(Role.SUPPORT,))
        assert [row["id"] for row in seen.json()["data"]] == [order["id"]]

    play(scenario)


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("nonsense", 400, "VALIDATION_ERROR"),
        ("018f00000000700080000000000000aa", 400, "VALIDATION_ERROR"),
        ("5f0c6d3e-8f0b-4c51-9d55-3f6c1f0d7a21", 404, "ORDER_003"),
        (str(trading_uuid(1_000, 1)), 404, "ORDER_003"),
        (str(trading_uuid(1_000, 2, shard=7)), 404, "ORDER_003"),
        (str(trading_uuid(1_000, 2**61)), 404, "ORDER_003"),
    ],
)
def test_ids_that_name_no_order(play: Play, text: str, status: int, code: str) -> None:
    async def scenario(h: Harness) -> None:
        await h.call("POST", "/api/v1/orders", LIMIT, user=ALICE)
        for method in ("GET", "DELETE"):
            answer = await h.call(method, f"/api/v1/orders/{text}", user=ALICE)
            assert (answer.status_code, answer.json()["code"]) == (status, code)

    play(scenario)


def test_lists_page_by_cursor_and_by_offset_and_a_cursor_survives_new_orders(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        for index in range(7):
            await h.call("POST", "/api/v1/orders", {**LIMIT, "price": str(100 + index % 3), "client_order_id": f"o{index}"}, user=ALICE)
        await h.call("POST", "/api/v1/orders", LIMIT, user=BOB)
        first = (await h.call("GET", "/api/v1/orders?limit=3", user=ALICE)).json()
        await h.call("POST", "/api/v1/orders", {**LIMIT, "client_order_id": "late"}, user=ALICE)
        names = [row["client_order_id"] for row in first["data"]]
        cursor = first["pagination"]["next_cursor"]
        while cursor:
            page = (await h.call("GET", f"/api/v1/orders?limit=3&cursor={cursor}", user=ALICE)).json()
            names += [row["client_order_id"] for row in page["data"]]
            cursor = page["pagination"]["next_cursor"]
        assert names == [f"o{index}" for index in reversed(range(7))]
        by_offset = (await h.call("GET", "/api/v1/orders?limit=3&offset=6&sort=created_at:asc", user=ALICE)).json()
        assert [row["client_order_id"] for row in by_offset["data"]] == ["o6", "late"]
        assert by_offset["pagination"] == {"limit": 3, "has_next": False, "next_cursor": None, "offset": 6, "total": 8}
        by_price = (await h.call("GET", "/api/v1/orders?sort=price:asc&limit=100", user=ALICE)).json()["data"]
        assert [row["price"] for row in by_price] == ["100", "100", "100", "101", "101", "102", "102", "42500.1"]

    play(scenario)


def test_lists_are_narrowed_by_every_filter(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        buy = (await h.call("POST", "/api/v1/orders", {**LIMIT, "client_order_id": "b"}, user=ALICE)).json()["order"]
        await h.call("POST", "/api/v1/orders", {**LIMIT, "side": "SELL", "client_order_id": "s"}, user=ALICE)
        await h.call("POST", "/api/v1/orders", {**MARKET, "client_order_id": "m"}, user=ALICE)
        await h.call("DELETE", f"/api/v1/orders/{buy['id']}", user=ALICE)

        async def names(query: str) -> list[str]:
            answer = await h.call("GET", f"/api/v1/orders?sort=created_at:asc&{query}", user=ALICE)
            assert answer.status_code == 200, answer.text
            return [row["client_order_id"] for row in answer.json()["data"]]

        assert await names("status=CANCELLED") == ["b", "m"]
        assert await names("status=ACTIVE") == ["s"]
        assert await names("status=OPEN,CANCELLED") == ["b", "s", "m"]
        assert await names("side=SELL") == ["s", "m"]
        assert await names("type=MARKET") == ["m"]
        assert await names("symbol=btc_usdt&client_order_id=s") == ["s"]
        assert await names(f"start_date={buy['created_at']}") == ["b", "s", "m"]
        assert await names(f"end_date={buy['created_at']}") == []

    play(scenario)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=-1",
        "offset=-1",
        "cursor=%%%",
        "cursor=AAAA",
        "cursor=kgEC&offset=1",
        "status=DONE",
        "side=buy",
        "type=ALL",
        "sort=name",
        "start_date=today",
        "symbol=NOPE",
        "page=2",
        "limit=1&limit=2",
        "user_id=me",
        "limit=%00",
    ],
)
def test_bad_queries_are_refused(play: Play, query: str) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("GET", f"/api/v1/orders?{query}", user=ALICE)
        assert answer.status_code == 400
        assert answer.json()["code"] in {"VALIDATION_ERROR", "ORDER_001"}

    play(scenario)
