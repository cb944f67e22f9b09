"""Replacing orders and OCOs over every way in: what they answer, how they are linked, and that the same again is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mycrypto.contracts import commands as c
from mycrypto.security.tokens import Role
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.test_sent_again import ALICE, BOB, POOR, SYMBOL, Market, limit, same

Play = Callable[..., None]
Body = dict[str, Any]


def market() -> Market:
    found = Market()
    found.do(c.SetRules(found.id(), c.RULES_LATEST))
    return found


def oco(**more: Any) -> Body:
    """Sell higher, or when it falls."""
    legs = [{"type": "LIMIT", "price": "110.00"}, {"type": "STOP", "stop_price": "95.00"}]
    return {"symbol": SYMBOL, "side": "SELL", "quantity": "2", "orders": legs, **more}


def replacement(**more: Any) -> Body:
    return {"side": "BUY", "type": "LIMIT", "price": "99.00", "quantity": "2", **more}


async def placed(harness: Harness, **order: Any) -> Body:
    answer = await harness.call("POST", "/api/v1/orders", limit(**order), user=ALICE)
    assert answer.status_code == 201, answer.text
    found: Body = answer.json()["order"]
    return found


async def order_of(harness: Harness, order_id: str) -> Body:
    found: Body = (await harness.call("GET", f"/api/v1/orders/{order_id}", user=ALICE)).json()
    return found


def test_both_orders_of_an_oco_are_answered_and_linked_and_one_ends_with_the_other(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        answer = await harness.call("POST", "/api/v1/orders/oco", oco(list_client_order_id="pair"), user=ALICE)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        first, second = told["orders"]
        assert (told["list_id"], told["list_client_order_id"], told["duplicate"], told["trades"]) == (first["id"], "pair", False, [])
        assert [(order["type"], order["status"], order["quantity"]) for order in (first, second)] == [
            ("LIMIT", "OPEN", "2"),
            ("STOP", "PENDING_TRIGGER", "2"),
        ]
        assert first["oco"] == {"list_id": first["id"], "sibling_id": second["id"]}
        assert second["oco"] == {"list_id": first["id"], "sibling_id": first["id"]}
        assert (await order_of(harness, second["id"]))["oco"] == second["oco"]
        listed = (await harness.call("GET", "/api/v1/orders?status=ACTIVE", user=ALICE)).json()["data"]
        assert {order["id"]: order["oco"]["sibling_id"] for order in listed} == {first["id"]: second["id"], second["id"]: first["id"]}
        for named in (first["id"], second["id"]):
            pair = (await harness.call("GET", f"/api/v1/orders/oco/{named}", user=ALICE)).json()
            assert (pair["list_id"], [order["id"] for order in pair["orders"]]) == (first["id"], [first["id"], second["id"]])
        balances = (await harness.call("GET", "/api/v1/account/balances", user=ALICE)).json()["data"]
        assert {row["asset"]: row["locked"] for row in balances} == {"BTC": "2", "USDT": "0"}, "one lock for both"
        taken = await harness.call("POST", "/api/v1/orders", limit("BUY", "110.00"), user=BOB)
        assert taken.json()["order"]["status"] == "FILLED"
        pair = (await harness.call("GET", f"/api/v1/orders/oco/{first['id']}", user=ALICE)).json()["orders"]
        assert [(order["status"], order["reason"]) for order in pair] == [("PARTIALLY_FILLED", None), ("CANCELLED", "OCO")]

    play(ask, core=market().engine)


def test_a_pair_is_cancelled_by_its_id_once(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        told = (await harness.call("POST", "/api/v1/orders/oco", oco(), user=ALICE)).json()
        path = f"/api/v1/orders/oco/{told['list_id']}"
        assert (await harness.call("DELETE", path, user=BOB)).status_code == 403
        done = await harness.call("DELETE", path, user=ALICE)
        assert [(order["status"], order["reason"]) for order in done.json()["orders"]] == [("CANCELLED", "USER"), ("CANCELLED", "OCO")]
        again = await harness.call("DELETE", path, user=ALICE)
        assert (again.status_code, again.json()["code"]) == (400, "ORDER_004")
        alone = await placed(harness)
        assert (await harness.call("GET", f"/api/v1/orders/oco/{alone['id']}", user=ALICE)).json()["code"] == "ORDER_003"

    play(ask, core=market().engine)


@pytest.mark.parametrize(
    "names",
    [
        {"list_client_order_id": "pair"},
        {
            "orders": [
                {"type": "LIMIT", "price": "110.00", "client_order_id": "a"},
                {"type": "STOP", "stop_price": "95.00", "client_order_id": "b"},
            ]
        },
    ],
)
@pytest.mark.parametrize("user", [ALICE, POOR])
def test_the_same_oco_again_is_the_same(play: Play, names: Body, user: UUID) -> None:
    listing = market()
    heard: list[Body] = []

    async def ask(harness: Harness) -> None:
        body = oco(**names)
        both = await asyncio.gather(*(harness.call("POST", "/api/v1/orders/oco", body, user=user) for _ in range(2)))
        heard.extend(same(answer) | {"status": answer.status_code} for answer in both)
        (item,) = (await harness.call("POST", "/api/v1/orders/batch/oco", {"orders": [body]}, user=user)).json()["results"]
        heard.append(same(item.get("oco") or item["error"]) | {"status": item["status"]})
        other = await harness.call("POST", "/api/v1/orders/oco", body | {"quantity": "3"}, user=user)
        assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")

    play(ask, core=listing.engine)
    play(ask, core=listing.engine)
    assert [answer.pop("duplicate", None) for answer in heard] == ([False] + [True] * 5 if user is ALICE else [None] * 6)
    assert heard[0]["status"] == (201 if user is ALICE else 400)
    assert all(answer == heard[0] for answer in heard)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (oco(orders=[{"type": "LIMIT", "price": "110.00"}, {"type": "LIMIT", "price": "111.00"}]), "INVALID_ORDER", None),
        (oco(orders=[{"type": "LIMIT", "price": "110.00"}, {"type": "MARKET"}]), "INVALID_ORDER", None),
        (oco(orders=[{"type": "LIMIT", "price": "110.00"}]), "VALIDATION_ERROR", "orders"),
        (oco(orders=[{"type": "LIMIT", "price": "110.00"}, {"type": "STOP"}]), "INVALID_ORDER", "orders[1].stop_price"),
        (oco(orders=[{"type": "LIMIT", "price": "1e5"}, {"type": "STOP", "stop_price": "95.00"}]), "ORDER_002", "orders[0].price"),
        (oco(symbol="XXX/YYY"), "ORDER_001", "symbol"),
        (oco(quantity="0"), "INVALID_QUANTITY", "quantity"),
        (oco(mode="paper"), "VALIDATION_ERROR", "mode"),
    ],
)
def test_what_is_no_oco_is_refused(play: Play, body: Body, code: str, field: str | None) -> None:
    async def ask(harness: Harness) -> None:
        answer = await harness.call("POST", "/api/v1/orders/oco", body, user=ALICE)
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
        if field is not None:
            assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert (await harness.call("GET", "/api/v1/orders?status=ACTIVE", user=ALICE)).json()["data"] == []

    play(ask, core=market().engine)


def test_a_replacement_takes_the_funds_and_the_place_of_what_it_replaces(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        old = await placed(harness, price="9980.00", quantity="100")  # nearly all of the money
        answer = await harness.call("POST", f"/api/v1/orders/{old['id']}/replace", replacement(price="9970.00", quantity="100"), user=ALICE)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert (told["cancelled"]["id"], told["cancelled"]["status"], told["cancelled"]["reason"]) == (old["id"], "CANCELLED", "REPLACED")
        assert (told["order"]["status"], told["order"]["price"], told["order"]["replaces"]) == ("OPEN", "9970", old["id"])
        assert (await order_of(harness, told["order"]["id"]))["replaces"] == old["id"]
        again = await harness.call("POST", f"/api/v1/orders/{old['id']}/replace", replacement(), user=ALICE)
        assert (again.status_code, again.json()["code"], again.json()["status_now"]) == (400, "ORDER_004", "CANCELLED")

    play(ask, core=market().engine)


def test_the_same_replacement_again_is_the_same(play: Play) -> None:
    listing = market()
    heard: list[Body] = []
    ids: list[str] = []

    async def ask(harness: Harness) -> None:
        if not ids:
            ids.append((await placed(harness))["id"])
        body = replacement(client_order_id="new")
        path = f"/api/v1/orders/{ids[0]}/replace"
        both = await asyncio.gather(*(harness.call("POST", path, body, user=ALICE) for _ in range(2)))
        heard.extend(same(answer) | {"status": answer.status_code} for answer in both)
        batch = {"orders": [body | {"order_id": ids[0]}]}
        (item,) = (await harness.call("POST", "/api/v1/orders/batch/replace", batch, user=ALICE)).json()["results"]
        heard.append(same(item["replaced"]) | {"status": item["status"]})
        async with harness.socket("/ws", user=ALICE) as socket:
            socket.say(action="replace", id=1, order_id=ids[0], order=body)
            result = await socket.hear("result")
        heard.append(same(result["data"]) | {"status": result["status"]})
        other = await harness.call("POST", path, body | {"quantity": "3"}, user=ALICE)
        assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")

    play(ask, core=listing.engine)
    play(ask, core=listing.engine)
    assert [answer.pop("duplicate") for answer in heard] == [False] + [True] * 7
    assert all(answer == heard[0] for answer in heard)


def test_a_replacement_of_an_order_that_has_ended_is_refused_each_time_alike_and_places_nothing(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        old = await placed(harness)
        await harness.call("DELETE", f"/api/v1/orders/{old['id']}", user=ALICE)
        path = f"/api/v1/orders/{old['id']}/replace"
        bodies = [replacement(), *([replacement(client_order_id="late")] * 3)]
        answers = [await harness.call("POST", path, body, user=ALICE) for body in bodies]
        assert {answer.status_code for answer in answers} == {400}
        assert all(same(answer) == same(answers[0]) for answer in answers)
        assert (await harness.call("GET", "/api/v1/orders?status=ACTIVE", user=ALICE)).json()["data"] == []

    play(ask, core=market().engine)


def test_a_replacement_that_is_refused_says_that_the_order_is_gone(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        old = await placed(harness)
        body = replacement(side="SELL", quantity="99", time_in_force="FOK", client_order_id="dear")
        path = f"/api/v1/orders/{old['id']}/replace"
        answers = [await harness.call("POST", path, body, user=ALICE) for _ in range(2)]
        assert [answer.json()["code"] for answer in answers] == ["FOK_NOT_FILLABLE"] * 2
        assert answers[0].json()["cancelled_order_id"] == old["id"]
        assert same(answers[0]) == same(answers[1])
        assert (await order_of(harness, old["id"]))["reason"] == "REPLACED"

    play(ask, core=market().engine)


def test_a_name_that_another_order_bears_does_not_cost_the_order_that_was_to_be_replaced(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        await placed(harness, client_order_id="taken")
        old = await placed(harness)
        answer = await harness.call("POST", f"/api/v1/orders/{old['id']}/replace", replacement(client_order_id="taken"), user=ALICE)
        assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
        assert (await order_of(harness, old["id"]))["status"] == "OPEN"

    play(ask, core=market().engine)


def test_batches_judge_each_item_for_itself(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        one, two = await placed(harness), await placed(harness)
        items = [
            replacement(order_id=one["id"]),
            replacement(order_id=str(UUID(int=5))),
            replacement(order_id=two["id"], price="x"),
            replacement(order_id=two["id"]),
            replacement(order_id=two["id"]),
        ]
        results = (await harness.call("POST", "/api/v1/orders/batch/replace", {"orders": items}, user=ALICE)).json()["results"]
        assert [(item["index"], item["status"]) for item in results] == [(0, 201), (1, 404), (2, 400), (3, 201), (4, 400)]
        pairs = [oco(), oco(symbol="XXX/YYY"), oco(list_client_order_id="twice"), oco(list_client_order_id="twice")]
        results = (await harness.call("POST", "/api/v1/orders/batch/oco", {"orders": pairs}, user=ALICE)).json()["results"]
        assert [(item["index"], item["status"]) for item in results] == [(0, 201), (1, 400), (2, 201), (3, 201)]
        assert results[2]["oco"]["orders"] == results[3]["oco"]["orders"]
        for path in ("replace", "oco"):
            for count in (0, 51):
                answer = await harness.call("POST", f"/api/v1/orders/batch/{path}", {"orders": [oco()] * count}, user=ALICE)
                assert answer.status_code in {400, 413}, answer.text

    play(ask, core=market().engine)


def test_sockets_place_pairs_and_replace(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        await placed(harness, client_order_id="old")
        async with harness.socket("/ws", user=ALICE) as socket:
            socket.say(action="place_oco", id="p", order=oco())
            result = await socket.hear("result")
            assert (result["id"], result["status"], len(result["data"]["orders"])) == ("p", 201, 2)
            socket.say(action="replace", id="r", client_order_id="old", order=replacement())
            result = await socket.hear("result")
            assert (result["id"], result["status"], result["data"]["cancelled"]["client_order_id"]) == ("r", 201, "old")
            for action in ("place_oco", "replace"):
                socket.say(action=action, id="n")
                assert (await socket.hear("error"))["error"]["code"] == "VALIDATION_ERROR"

    play(ask, core=market().engine)


def test_staff_who_may_not_trade_and_strangers_neither_pair_nor_replace(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        old = await placed(harness)
        for method, path, body in (
            ("POST", "/api/v1/orders/oco", oco()),
            ("POST", "/api/v1/orders/batch/oco", {"orders": [oco()]}),
            ("POST", f"/api/v1/orders/{old['id']}/replace", replacement()),
            ("POST", "/api/v1/orders/batch/replace", {"orders": [replacement(order_id=old["id"])]}),
            ("DELETE", f"/api/v1/orders/oco/{old['id']}", None),
        ):
            assert (await harness.call(method, path, body)).status_code == 401
            assert (await harness.call(method, path, body, user=BOB, roles=(Role.SUPPORT,))).status_code == 403
        answer = await harness.call("POST", f"/api/v1/orders/{old['id']}/replace", replacement(), user=BOB)
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
        assert (await order_of(harness, old["id"]))["status"] == "OPEN"

    play(ask, core=market().engine)


def test_before_the_rules_tell_of_links_a_pair_works_all_the_same(play: Play) -> None:
    async def ask(harness: Harness) -> None:
        told = (await harness.call("POST", "/api/v1/orders/oco", oco(), user=ALICE)).json()
        assert [order["status"] for order in told["orders"]] == ["OPEN", "PENDING_TRIGGER"]
        assert "oco" not in told["orders"][0]

    play(ask, core=Market().engine)
