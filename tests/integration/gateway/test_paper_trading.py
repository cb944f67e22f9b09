"""Paper trading through the gateway's API, on a real database: placed, filled by public trades that the history has taken in, paid with play
money, and nothing else moved.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import pytest

from engine_container.paper.filling import Filling, Step
from engine_container.paper.rules import BAR_MS, OPEN_ORDERS_PER_SYMBOL_MAX, START
from engine_container.trade_database import TradePool, pool
from functions.history import service as history
from mycrypto.contracts.events import UserChanged, decode_record
from mycrypto.contracts.trading import SelfTradePrevention, Side
from mycrypto.money import UNITS_PER_ONE, format_amount
from mycrypto.security import keys
from mycrypto.security.tokens import Tier
from tests.integration.conftest import EngineLog
from tests.unit.gateway.conftest import Harness, NothingOnItsWay, running

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

ONE = UNITS_PER_ONE
ALICE, BOB = uuid4(), uuid4()
BUY = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "40000", "mode": "paper"}
MARKET = {"symbol": "BTC/USDT", "side": "BUY", "type": "MARKET", "quantity": "0.1", "mode": "paper"}
BALANCES = "/api/v1/account/balances?mode=paper"


@dataclass
class Desk:
    """The gateway, the live market behind it, and the filling of paper orders."""

    harness: Harness
    market: EngineLog
    filling: Filling
    history: psycopg.Connection
    pool: TradePool

    async def call(self, method: str, path: str, body: object = None, *, user: UUID = ALICE) -> httpx.Response:
        return await self.harness.call(method, path, body, user=user)

    async def place(self, body: dict[str, Any], *, user: UUID = ALICE) -> Any:
        answer = await self.call("POST", "/api/v1/orders", body, user=user)
        assert answer.status_code == 201, answer.text
        return answer.json()["order"]

    async def order(self, placed: Any) -> Any:
        return (await self.call("GET", f"/api/v1/orders/{placed['id']}")).json()

    async def balances(self, user: UUID = ALICE) -> dict[str, tuple[str, str]]:
        rows = (await self.call("GET", BALANCES, user=user)).json()["data"]
        return {row["asset"]: (row["available"], row["locked"]) for row in rows}

    async def trade(self, price: int, *, bars_on: int = 0) -> int:
        """A trade on the live market, now or some bars later; gateway and history receive it. Returns the trade's number."""
        market = self.market
        market.time_ms = max(market.time_ms, time.time_ns() // 1_000_000) + bars_on * BAR_MS
        maker, taker = uuid4(), uuid4()
        for user in (maker, taker):
            market.balances[user, "BTC"] = [ONE, 0]
            market.balances[user, "USDT"] = [100_000 * ONE, 0]
        number = market.take(taker, market.rest(maker, Side.SELL, price * ONE, ONE // 10), ONE // 10)
        records = market.take_records()
        with self.history.transaction():
            history.project(self.history, 0, records)
        for record in records:
            self.harness.events.add(record)
        await self.harness.settle()
        return number

    async def fill(self) -> Step:
        return await self.filling.step()


@asynccontextmanager
async def open_desk(trade_database: TestDatabase, folder: Path) -> AsyncIterator[Desk]:
    stored = keys.generate("2026-01-01T00:00:00Z", bits=2048)
    signing = keys.signing_key({"keys": [msgspec.to_builtins(stored)]})
    key_file = folder / "jwks.json"
    key_file.write_bytes(msgspec.json.encode(keys.publish({signing.kid: signing.public_key})))
    url = trade_database.dsn("trade_engine_app")
    connection = trade_database.connect("trade_engine_app")
    async with running(signing, key_file, trade_database_url=url) as harness:
        harness.gateway.barrier = NothingOnItsWay()  # type: ignore[assignment]
        listed = harness.events.records[0]
        with connection.transaction():
            history.project(connection, 0, [decode_record(listed)])
        async with pool(url, connections_max=2) as connections:
            yield Desk(harness, EngineLog("BTC/USDT", seq=harness.engine.seq), Filling(connections, 0), connection, connections)


Scenario = Callable[[Desk], Coroutine[Any, Any, None]]


@pytest.fixture
def at_desk(trade_database: TestDatabase, tmp_path: Path) -> Callable[[Scenario], None]:
    def run(scenario: Scenario) -> None:
        async def all_of_it() -> None:
            async with open_desk(trade_database, tmp_path) as desk:
                await desk.trade(40_100)
                await desk.fill()
                await scenario(desk)

        asyncio.run(all_of_it())

    return run


Play = Callable[[Scenario], None]


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


def test_a_reset_cancels_open_orders_and_restores_the_first_balances(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.place(BUY)
        await desk.trade(39_000)
        await desk.fill()
        waiting = await desk.place({**BUY, "side": "SELL", "price": "41000"})
        answer = await desk.call("POST", "/api/v1/account/paper/reset")
        assert {row["asset"]: row["total"] for row in answer.json()["data"]} == {"TRY": "1000000", "USDT": "100000"}
        assert (await desk.order(waiting))["reason"] == "RESET"
        assert len((await desk.call("GET", "/api/v1/orders?mode=paper")).json()["data"]) == 2
        assert len((await desk.call("GET", "/api/v1/account/trades?mode=paper")).json()["data"]) == 1

    at_desk(scenario)


def test_positions_are_those_of_paper_trades_and_are_empty_after_a_reset(at_desk: Play, trade_database: TestDatabase) -> None:
    async def scenario(desk: Desk) -> None:
        paths = "/api/v1/positions?mode=paper", "/api/v1/positions/BTCUSDT?mode=paper"
        assert (await desk.call("GET", paths[0])).json() == {"data": []}
        assert (await desk.call("GET", paths[1])).json()["code"] == "NOT_FOUND"
        await desk.place(BUY)
        await desk.place({**BUY, "price": "39000"})
        await desk.trade(39_000)
        await desk.fill()
        await desk.place({**BUY, "side": "SELL", "price": "41000"})
        await desk.trade(41_000)
        await desk.fill()
        (position,) = (await desk.call("GET", paths[0])).json()["data"]
        # bought for 4,000 and 3,900 with 3.95 of fees; half of it sold for 4,100 less 2.05
        shown = {name: position[name] for name in ("symbol", "side", "quantity", "average_entry_price", "realized_pnl", "unrealized_pnl")}
        assert shown == {
            "symbol": "BTC/USDT",
            "side": "LONG",
            "quantity": "0.1",
            "average_entry_price": "39519.75",
            "realized_pnl": "145.975",
            "unrealized_pnl": "148.025",
        }
        assert (position["current_price"], position["unrealized_pnl_percent"]) == ("41000", "3.74")
        assert (await desk.call("GET", paths[1])).json() == position
        assert (await desk.call("GET", paths[0], user=BOB)).json() == {"data": []}
        assert (await desk.call("GET", "/api/v1/positions")).json() == {"data": []}, "nothing real was traded"
        trade_database.connect().execute("UPDATE paper_orders SET updated_at = now() - interval '91 days' WHERE status = 'FILLED'")
        assert await desk.filling.forget() == 3
        assert (await desk.call("GET", paths[1])).json() == position, "a position outlives the trades that it is made of"
        await desk.call("POST", "/api/v1/account/paper/reset")
        assert (await desk.call("GET", paths[0])).json() == {"data": []}

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


def test_orders_over_a_socket_may_be_paper_orders(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        async with desk.harness.socket("/ws/orders", user=ALICE) as socket:
            socket.say(action="place", id=1, order=BUY)
            answer = await socket.hear("result")
            assert answer["data"]["order"]["mode"] == "paper"

    at_desk(scenario)


def heard(message: dict[str, Any]) -> tuple[str, str, str, str]:
    assert message["data"]["mode"] == message["mode"] == "paper"
    return message["action"], message["data"]["status"], message["data"]["filled_quantity"], message["data"]["id"]


def test_a_socket_tells_every_change_of_paper_orders_in_order(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        async with desk.harness.socket("/ws/orders", user=ALICE, query="mode=paper", tier=Tier.PRO) as socket:
            assert (await socket.hear("subscribed"))["mode"] == "paper"
            await desk.place({**BUY, "price": "39500"}, user=BOB)
            limit = (await desk.place(BUY))["id"]
            stop = (await desk.place({**BUY, "type": "STOP_LIMIT", "stop_price": "41000", "price": "40500"}))["id"]
            await desk.trade(41_000)
            await desk.fill()
            await desk.trade(40_500)
            await desk.fill()
            await desk.call("DELETE", f"/api/v1/orders/{limit}")
            messages = [await socket.hear("order_update") for _ in range(5)]
            assert [heard(message) for message in messages] == [
                ("created", "OPEN", "0", limit),
                ("created", "PENDING_TRIGGER", "0", stop),
                ("triggered", "OPEN", "0", stop),
                ("filled", "FILLED", "0.1", stop),
                ("cancelled", "CANCELLED", "0", limit),
            ]
            sequences = [message["sequence"] for message in messages]
            assert sequences == sorted(set(sequences))
            socket.say(action="resync", stream="orders", mode="paper", last_sequence=sequences[2], id=9)
            assert [heard(await socket.hear("order_update"))[::3] for _ in range(2)] == [("resync", stop), ("resync", limit)]
            done = await socket.hear("resynced")
            assert (done["id"], done["mode"], done["sequence"], done["data"]) == (
                9,
                "paper",
                sequences[-1],
                {"orders": 2, "complete": True},
            )

    at_desk(scenario)


def test_live_and_paper_orders_are_told_apart(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        async with desk.harness.socket("/ws", user=ALICE) as socket:
            for mode in ("live", "paper"):
                socket.say(action="subscribe", stream="orders", mode=mode, id=mode)
                assert (await socket.hear("subscribed")).get("mode", "live") == mode
            socket.say(action="subscribe", stream="orders", mode="paper")
            assert (await socket.hear("error"))["error"]["detail"] == "stream is subscribed already"
            socket.say(action="place", order={**BUY, "client_order_id": "one"})
            assert heard(await socket.hear("order_update"))[:2] == ("created", "OPEN")
            socket.say(action="cancel", client_order_id="one", id=1)
            assert (await socket.hear("error"))["error"]["code"] == "ORDER_003", "there is no live order of that name"
            socket.say(action="cancel", client_order_id="one", mode="paper", id=2)
            assert (await socket.hear("result"))["data"]["status"] == "CANCELLED"
            assert heard(await socket.hear("order_update"))[:2] == ("cancelled", "CANCELLED")
            placed = (await desk.place(BUY))["id"]
            socket.say(action="cancel", order_id=placed)
            assert (await socket.hear("result"))["data"]["id"] == placed
            await desk.place(BUY)
            socket.say(action="cancel_all", mode="paper")
            assert (await socket.hear("result"))["data"]["cancelled"] == 1
            socket.say(action="unsubscribe", stream="orders", mode="paper")
            assert (await socket.hear("unsubscribed"))["mode"] == "paper"
            socket.say(action="subscribe", stream="trades", symbol="BTCUSDT", mode="paper")
            assert (await socket.hear("error"))["error"]["detail"] == "mode paper is for the streams orders and balances alone"
            assert desk.harness.engine.appended == []

    at_desk(scenario)


def test_paper_balances_are_told_as_they_are_and_when_they_change(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        async with desk.harness.socket("/ws", user=ALICE) as socket:
            socket.say(action="subscribe", stream="balances", mode="paper")
            assert (await socket.hear("subscribed"))["mode"] == "paper"

            async def told() -> tuple[str, str, str]:
                message = await socket.hear("balance_update")
                assert message["mode"] == "paper"
                return message["data"]["asset"], message["data"]["available"], message["data"]["locked"]

            assert {await told(), await told()} == {("TRY", "1000000", "0"), ("USDT", "100000", "0")}
            order = (await desk.place(BUY))["id"]
            asset, available, locked = await told()
            balances = (await desk.call("GET", "/api/v1/account/balances?mode=paper")).json()["data"]
            assert {"asset": asset, "available": available, "locked": locked}.items() <= next(
                b for b in balances if b["asset"] == asset
            ).items()
            assert locked != "0"
            await desk.call("DELETE", f"/api/v1/orders/{order}")
            assert await told() == ("USDT", "100000", "0")
            socket.say(action="unsubscribe", stream="balances", mode="paper")
            await socket.hear("unsubscribed")

    at_desk(scenario)


def test_a_listener_misses_nothing_while_the_database_is_away(at_desk: Play, trade_database: TestDatabase) -> None:
    async def scenario(desk: Desk) -> None:
        admin = trade_database.connect()
        async with desk.harness.socket("/ws/orders", user=ALICE, query="mode=paper") as socket:
            await socket.hear("subscribed")
            admin.execute("REVOKE SELECT ON paper_order_changes FROM trade_engine_app")
            placed = (await desk.place(BUY))["id"]
            async with desk.harness.socket("/ws/orders", user=BOB, query="mode=toy") as refused:
                assert await refused.closed() == 4404
            admin.execute("GRANT SELECT ON paper_order_changes TO trade_engine_app")
            assert heard(await socket.hear("order_update")) == ("created", "OPEN", "0", placed)

    at_desk(scenario)


def test_the_fees_of_paper_trading_are_its_own(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        paper = (await desk.call("GET", "/api/v1/account/fees?mode=paper")).json()["data"]
        assert paper == [{"symbol": "BTC/USDT", "maker_fee_ppm": 500, "taker_fee_ppm": 1_000}]
        cheap = UserChanged(ALICE.bytes, -1, -1, -1, 7, -1, SelfTradePrevention.CANCEL_TAKER, market_maker=False)
        desk.harness.gateway.views.users[ALICE.bytes] = cheap
        live = (await desk.call("GET", "/api/v1/account/fees")).json()["data"]
        assert (live[0]["maker_fee_ppm"], (await desk.call("GET", "/api/v1/account/fees?mode=paper")).json()["data"]) == (7, paper)

    at_desk(scenario)


def test_old_orders_are_forgotten_with_their_trades_and_open_ones_never(at_desk: Play, trade_database: TestDatabase) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.place(BUY)
        await desk.trade(39_900)
        await desk.fill()
        await desk.place({**BUY, "price": "39000"})
        admin = trade_database.connect()
        assert await desk.filling.forget() == 0
        admin.execute("UPDATE paper_orders SET updated_at = now() - interval '91 days'")
        assert await desk.filling.forget() == 1
        counts = admin.execute("SELECT (SELECT count(*) FROM paper_orders), (SELECT count(*) FROM paper_trades)").fetchone()
        assert counts == (1, 0)

    at_desk(scenario)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_done_play_money_adds_up_and_locks_are_those_of_open_orders(
    at_desk: Play, trade_database: TestDatabase, seed: int
) -> None:
    chance, admin = random.Random(seed), trade_database.connect()
    before_reset: dict[UUID, int] = {}

    async def act(desk: Desk, user: UUID) -> None:
        kind = chance.choice(("LIMIT", "MARKET", "STOP", "STOP_LIMIT", "cancel", "reset"))
        if kind == "cancel":
            await desk.call("DELETE", f"/api/v1/orders?mode=paper&side={chance.choice(('BUY', 'SELL'))}", user=user)
        elif kind == "reset":
            if chance.random() < 0.2:
                await desk.call("POST", "/api/v1/account/paper/reset", user=user)
                (before_reset[user],) = admin.execute(
                    "SELECT coalesce(max(number), 0) FROM paper_orders WHERE user_id = %s", (user,)
                ).fetchone() or (0,)
        else:
            body = {"symbol": "BTC/USDT", "side": chance.choice(("BUY", "SELL")), "type": kind, "mode": "paper"}
            body["quantity"] = f"0.{chance.randint(1, 9_999):04d}"
            if kind.endswith("LIMIT"):
                body["price"] = f"{chance.randint(39_500, 40_500)}"
            if kind.startswith("STOP"):
                body["stop_price"] = f"{chance.randint(39_500, 40_500)}"
            assert (await desk.call("POST", "/api/v1/orders", body, user=user)).status_code in {201, 400, 409}

    async def scenario(desk: Desk) -> None:
        users = [uuid4() for _ in range(3)]
        for _ in range(40):
            await asyncio.gather(*(act(desk, user) for user in users), desk.fill())
            if chance.random() < 0.5:
                await desk.trade(chance.randint(39_000, 41_000), bars_on=chance.randint(0, 1))
        await desk.fill()
        unequal = admin.execute(
            "SELECT b.user_id, b.asset, b.locked, coalesce(sum(o.locked), 0) FROM paper_balances b LEFT JOIN paper_orders o ON o.user_id = b.user_id"
            " AND b.asset = split_part(o.symbol, '/', CASE o.side WHEN 'BUY' THEN 2 ELSE 1 END) GROUP BY 1, 2 HAVING b.locked <> coalesce(sum(o.locked), 0)"
        ).fetchall()
        assert unequal == []
        for user in users:
            expected = {asset: Decimal(units) / ONE for asset, units in START.items()}
            fills = admin.execute(
                "SELECT symbol, side::text, quantity, value, fee FROM paper_trades WHERE user_id = %s AND order_number > %s",
                (user, before_reset.get(user, 0)),
            )
            for symbol, side, quantity, value, fee in fills.fetchall():
                sign = 1 if side == "BUY" else -1
                base, quote = symbol.split("/")
                expected[base] = expected.get(base, Decimal(0)) + sign * quantity
                expected[quote] -= sign * value + fee
            held = admin.execute("SELECT coalesce(sum(quantity), 0) FROM paper_positions WHERE user_id = %s", (user,)).fetchone()
            assert held == (expected.get("BTC", 0),), "what was bought and not sold is what there is"
            rows = admin.execute("SELECT asset, available + locked FROM paper_balances WHERE user_id = %s", (user,)).fetchall()
            assert dict(rows) == expected

    at_desk(scenario)
