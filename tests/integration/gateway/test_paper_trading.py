"""Paper trading through the gateway's API, on a real database: placed, filled by public trades that the history has taken in, paid with play
money, and nothing else moved.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from engine_container.paper.filling import Step
from engine_container.paper.rules import OPEN_ORDERS_PER_SYMBOL_MAX, START
from mycrypto.money import format_amount
from tests.integration.gateway.paper_desk import ALICE, BOB, Desk, Play

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

BUY = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "40000", "mode": "paper"}
MARKET = {"symbol": "BTC/USDT", "side": "BUY", "type": "MARKET", "quantity": "0.1", "mode": "paper"}


def test_a_limit_order_locks_play_money_and_is_filled_when_its_limit_is_touched(at_desk: Play, trade_database: TestDatabase) -> None:
    async def scenario(desk: Desk) -> None:
        assert await desk.balances() == {asset: (format_amount(units), "0") for asset, units in START.items()}
        placed = await desk.place(BUY)
        assert (placed["status"], placed["mode"]) == ("OPEN", "paper")
        assert (await desk.balances())["USDT"] == ("95998", "4002")
        await desk.trade(40_001)
        assert await desk.fill() == Step(0, more=False)
        await desk.trade(39_000)
        assert await desk.fill() == Step(1, more=False)
        order = await desk.order(placed)
        assert (order["status"], order["filled_quantity"], order["average_price"], order["fee"]) == ("FILLED", "0.1", "40000", "2")
        (done,) = order["fills"]
        assert (done["price"], done["is_maker"], done["trade_source"], done["order_id"]) == ("40000", True, "SIMULATION", order["id"])
        assert await desk.balances() == {"BTC": ("0.1", "0"), "TRY": ("1000000", "0"), "USDT": ("95998", "0")}
        assert (await desk.call("GET", "/api/v1/account/trades?mode=paper")).json()["data"] == [done]
        # and nothing real knows of it
        assert (await desk.call("GET", "/api/v1/account/balances")).json()["data"] == []
        assert (await desk.call("GET", "/api/v1/account/trades")).json()["data"] == []
        assert (await desk.call("GET", "/api/v1/orders")).json()["data"] == []
        assert desk.harness.engine.appended == []

    at_desk(scenario)
    real = (
        "SELECT (SELECT count(*) FROM orders WHERE user_id = %s), (SELECT count(*) FROM trades WHERE %s IN (buyer_user_id, seller_user_id))"
    )
    assert trade_database.connect().execute(real, (ALICE, ALICE)).fetchone() == (0, 0)


def test_a_market_order_is_filled_at_the_next_bars_open_with_slippage_and_the_rest_is_free_again(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        placed = await desk.place(MARKET)
        await desk.trade(40_050)
        await desk.fill()
        assert (await desk.order(placed))["status"] == "OPEN"
        await desk.trade(40_200, bars_on=1)
        await desk.trade(45_000)
        await desk.fill()
        order = await desk.order(placed)
        assert order["status"] == "FILLED"
        units = round(float(order["average_price"]) * 100)
        assert 4_020_000 <= units <= 4_024_020
        (done,) = order["fills"]
        assert done["is_maker"] is False
        spent = 100_000 - float(done["value"]) - float(done["fee"])
        available, locked = (await desk.balances())["USDT"]
        assert (round(float(available), 6), locked) == (round(spent, 6), "0")

    at_desk(scenario)


def test_a_step_that_was_cut_off_is_done_again_with_the_same_outcome_and_only_once(at_desk: Play, trade_database: TestDatabase) -> None:
    async def scenario(desk: Desk) -> None:
        placed = await desk.place(MARKET)
        await desk.place({**BUY, "price": "39950"})
        await desk.trade(39_900, bars_on=2)

        async def cut_off() -> list[tuple[Any, ...]]:
            async with desk.filling._pool.connection() as connection, connection.transaction(force_rollback=True):
                assert (await desk.filling._advance(connection)).fills == 2
                rows = await connection.execute("SELECT order_number, price, quantity, fee, executed_at FROM paper_trades ORDER BY 1")
                return await rows.fetchall()

        unsaved = await cut_off()
        assert (await desk.order(placed))["status"] == "OPEN"
        assert unsaved == await cut_off()
        steps = await asyncio.gather(desk.fill(), desk.fill())
        assert sorted(step.fills for step in steps) == [0, 2]
        assert await desk.fill() == Step(0, more=False)
        saved = trade_database.connect().execute("SELECT order_number, price, quantity, fee, executed_at FROM paper_trades ORDER BY 1")
        assert saved.fetchall() == unsaved

    at_desk(scenario)


def test_a_stop_is_triggered_in_one_step_and_filled_in_another(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        placed = await desk.place({**MARKET, "type": "STOP", "stop_price": "40500"})
        assert placed["status"] == "PENDING_TRIGGER"
        limited = await desk.place({**BUY, "type": "STOP_LIMIT", "stop_price": "40500", "price": "40550"})
        await desk.trade(40_600)
        await desk.fill()
        assert [(await desk.order(each))["status"] for each in (placed, limited)] == ["TRIGGERED", "OPEN"]
        await desk.trade(40_540, bars_on=1)
        await desk.fill()
        filled = [await desk.order(each) for each in (placed, limited)]
        assert [order["status"] for order in filled] == ["FILLED", "FILLED"]
        assert filled[1]["average_price"] == "40550"
        assert all(order["triggered_at"] < order["filled_at"] for order in filled)

    at_desk(scenario)


def test_an_order_placed_after_a_trade_is_not_filled_by_it_however_late_that_is_looked_at(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.trade(39_000)
        placed = await desk.place({**BUY, "price": "39500"})
        await desk.fill()
        assert (await desk.order(placed))["status"] == "OPEN"

    at_desk(scenario)


def test_a_market_order_that_became_too_dear_is_cancelled_and_costs_nothing(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        placed = await desk.place({**MARKET, "quantity": "2.26"})
        await desk.trade(49_000, bars_on=1)
        await desk.fill()
        order = await desk.order(placed)
        assert (order["status"], order["reason"], order["fills"]) == ("CANCELLED", "INSUFFICIENT_FUNDS", [])
        assert (await desk.balances())["USDT"] == ("100000", "0")

    at_desk(scenario)


def test_cancelling_frees_what_was_locked_and_an_ended_order_stays_ended(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        placed = await desk.place({**BUY, "client_order_id": "mine-1"})
        assert (await desk.call("DELETE", f"/api/v1/orders/{placed['id']}", user=BOB)).status_code == 403
        assert (await desk.call("DELETE", "/api/v1/orders/by-client-id/mine-1")).json()["code"] == "ORDER_003"
        cancelled = await desk.call("DELETE", "/api/v1/orders/by-client-id/mine-1?mode=paper")
        assert (cancelled.json()["status"], cancelled.json()["reason"]) == ("CANCELLED", "USER")
        again = await desk.call("DELETE", f"/api/v1/orders/{placed['id']}")
        assert (again.status_code, again.json()["code"], again.json()["status_now"]) == (400, "ORDER_004", "CANCELLED")
        assert (await desk.balances())["USDT"] == ("100000", "0")
        await desk.trade(39_000)
        assert await desk.fill() == Step(0, more=False)
        await desk.place(BUY)
        await desk.place({**BUY, "price": "39000"})
        everything = (await desk.call("DELETE", "/api/v1/orders?mode=paper&symbol=BTCUSDT&side=BUY")).json()
        assert everything["cancelled"] == 2
        assert (await desk.balances())["USDT"] == ("100000", "0")

    at_desk(scenario)


def test_the_same_order_sent_again_is_the_same_order_and_another_one_of_its_name_is_refused(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        body = {**BUY, "client_order_id": "mine-1"}
        answers = await asyncio.gather(*(desk.call("POST", "/api/v1/orders", body) for _ in range(5)))
        assert len({answer.json()["order"]["id"] for answer in answers}) == 1
        assert sorted(answer.json()["duplicate"] for answer in answers) == [False, True, True, True, True]
        assert (await desk.balances())["USDT"] == ("95998", "4002")
        other = await desk.call("POST", "/api/v1/orders", {**body, "quantity": "0.2"})
        assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
        await desk.trade(60_000)  # now the price is outside the band
        late = await desk.call("POST", "/api/v1/orders", body)
        assert late.json()["duplicate"] is True
        assert (await desk.call("POST", "/api/v1/orders", {**BUY, "client_order_id": "x"})).json()["code"] == "PRICE_BAND"

    at_desk(scenario)


def test_concurrent_orders_lock_no_more_than_the_balance(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        answers = await asyncio.gather(*(desk.call("POST", "/api/v1/orders", {**BUY, "quantity": "1"}) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 400, 400]
        refused = next(answer.json() for answer in answers if answer.status_code == 400)
        assert (refused["code"], refused["required"], refused["available"]) == ("WALLET_001", "40020", "19960")
        short = await desk.call("POST", "/api/v1/orders", {**BUY, "side": "SELL", "price": "41000"})
        assert (short.json()["code"], short.json()["asset"]) == ("WALLET_001", "BTC")

    at_desk(scenario)


def test_open_orders_are_bounded(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        body = {**BUY, "quantity": "0.001"}
        for _ in range(OPEN_ORDERS_PER_SYMBOL_MAX):
            await desk.place(body)
        refused = (await desk.call("POST", "/api/v1/orders", body)).json()
        assert (refused["code"], refused["open"], refused["maximum"]) == ("OPEN_ORDER_LIMIT", 20, 20)

    at_desk(scenario)


def test_lists_have_filters_cursors_and_offsets_as_those_of_live_orders(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        ids = [(await desk.place({**BUY, "quantity": "0.01", "price": str(39_000 + step)}))["id"] for step in range(5)]
        await desk.place({**BUY, "quantity": "0.01"}, user=BOB)
        first = (await desk.call("GET", "/api/v1/orders?mode=paper&limit=3")).json()
        rest = (await desk.call("GET", f"/api/v1/orders?mode=paper&limit=3&cursor={first['pagination']['next_cursor']}")).json()
        assert [row["id"] for row in first["data"] + rest["data"]] == ids[::-1]
        page = (await desk.call("GET", "/api/v1/orders?mode=paper&sort=price:asc&limit=2&offset=1&status=ACTIVE")).json()
        assert [row["id"] for row in page["data"]] == ids[1:3]
        assert page["pagination"]["total"] == 5
        await desk.trade(39_003)
        await desk.fill()
        filled = (await desk.call("GET", "/api/v1/orders?mode=paper&status=FILLED")).json()["data"]
        assert [row["id"] for row in filled] == ids[4:2:-1]
        newest = (await desk.call("GET", "/api/v1/account/trades?mode=paper&limit=1")).json()
        older = (await desk.call("GET", f"/api/v1/account/trades?mode=paper&cursor={newest['pagination']['next_cursor']}")).json()
        both = (await desk.call("GET", "/api/v1/account/trades?mode=paper")).json()["data"]
        assert newest["data"] + older["data"] == both
        one = (await desk.call("GET", f"/api/v1/account/trades?mode=paper&order_id={ids[4]}")).json()["data"]
        assert [fill["order_id"] for fill in one] == [ids[4]]

    at_desk(scenario)


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "/api/v1/orders?mode=toy", None, "VALIDATION_ERROR"),
        ("GET", "/api/v1/positions?mode=toy", None, "VALIDATION_ERROR"),
        ("GET", "/api/v1/positions/DOGEUSDT?mode=paper", None, "NOT_FOUND"),
        ("GET", "/api/v1/orders?mode=paper&mode=live", None, "VALIDATION_ERROR"),
        ("POST", "/api/v1/orders", {**BUY, "mode": "toy"}, "VALIDATION_ERROR"),
        ("POST", "/api/v1/orders", {**BUY, "type": "TRAILING_STOP", "trail_bps": 5}, "INVALID_ORDER"),
        ("POST", "/api/v1/orders", {**BUY, "symbol": "DOGE/USDT"}, "ORDER_001"),
        ("POST", "/api/v1/orders", {**BUY, "time_in_force": "IOC"}, "INVALID_ORDER"),
        ("GET", "/api/v1/orders/by-client-id/none?mode=paper", None, "ORDER_003"),
        ("GET", "/api/v1/orders/019a0000-0000-7fff-8000-000000000001", None, "ORDER_003"),
        ("POST", "/api/v1/account/paper/reset?now=1", None, "VALIDATION_ERROR"),
    ],
)
def test_bad_input_has_its_answer(at_desk: Play, method: str, path: str, body: object, code: str) -> None:
    async def scenario(desk: Desk) -> None:
        assert (await desk.call(method, path, body)).json()["code"] == code

    at_desk(scenario)


def test_amending_and_batches_are_refused_with_the_way_to_do_it(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        placed = await desk.place(BUY)
        amended = await desk.call("PATCH", f"/api/v1/orders/{placed['id']}", {"price": "39000"})
        assert (amended.status_code, amended.json()["code"]) == (400, "INVALID_ORDER")
        batch = (await desk.call("POST", "/api/v1/orders/batch", {"orders": [BUY]})).json()["results"][0]
        assert (batch["status"], batch["error"]["code"]) == (400, "INVALID_ORDER")
        batch = (await desk.call("POST", "/api/v1/orders/batch/cancel", {"order_ids": [placed["id"]]})).json()["results"][0]
        assert batch["error"]["detail"] == "it is a paper order; ask with mode=paper, and cancel it by itself"
        assert desk.harness.engine.appended == []

    at_desk(scenario)
