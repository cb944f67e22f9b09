"""The balances, positions and fees of paper accounts, and what is kept of them."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from engine_container.paper.rules import START
from mycrypto.contracts.events import UserChanged
from mycrypto.contracts.trading import SelfTradePrevention
from tests.integration.gateway.paper_desk import ALICE, BOB, ONE, Desk, Play

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

BUY = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "40000", "mode": "paper"}
MARKET = {"symbol": "BTC/USDT", "side": "BUY", "type": "MARKET", "quantity": "0.1", "mode": "paper"}


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
