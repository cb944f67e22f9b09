"""Paper orders and balances over sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrypto.security.tokens import Tier
from tests.integration.gateway.paper_desk import ALICE, BOB, Desk, Play

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

BUY = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "40000", "mode": "paper"}
MARKET = {"symbol": "BTC/USDT", "side": "BUY", "type": "MARKET", "quantity": "0.1", "mode": "paper"}


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


def test_open_paper_orders_come_first_for_who_asks_for_them(at_desk: Play) -> None:
    async def scenario(desk: Desk) -> None:
        gone = (await desk.place(BUY))["id"]
        await desk.call("DELETE", f"/api/v1/orders/{gone}")
        left = (await desk.place(BUY))["id"]
        async with desk.harness.socket("/ws", user=ALICE) as socket:
            socket.say(action="subscribe", stream="orders", mode="paper", snapshot=True)
            snapshot = await socket.hear("orders_snapshot")
            assert (snapshot["mode"], [order["id"] for order in snapshot["data"]]) == ("paper", [left])
            await desk.call("DELETE", f"/api/v1/orders/{left}")
            cancelled = await socket.hear("order_update")
            assert cancelled["sequence"] > snapshot["sequence"]
            assert heard(cancelled)[0] == "cancelled"

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
