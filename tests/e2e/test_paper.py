"""Paper trading through the front door: a user without money or identity check trades with play money against what others really trade."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import Any

import aiohttp

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, Trader
from mycrypto_local.running import Running

SYMBOL = "ETH/TRY"
FILLED_SECONDS_MAX = 60


async def filled(trader: Trader, order_id: str) -> Any:
    deadline = time.monotonic() + FILLED_SECONDS_MAX
    while True:
        order = await trader.call("GET", f"/api/v1/orders/{order_id}")
        if order["status"] == "FILLED":
            return order
        assert time.monotonic() < deadline, order
        await asyncio.sleep(0.2)


async def heard(socket: aiohttp.ClientWebSocketResponse, name: str, value: str) -> Any:
    """The next message with this member."""
    async with asyncio.timeout(FILLED_SECONDS_MAX):
        while True:
            message = await socket.receive_json()
            if message.get(name) == value:
                return message


def test_a_paper_order_is_filled_by_a_real_trade_and_moves_nothing_real(platform: Running) -> None:
    async def play() -> None:
        async with Api(platform.base_url) as api:
            exchange = Exchange(api, platform.webhooks)
            seller, buyer, dreamer = [await exchange.new_trader(name) for name in ("seller", "buyer", "dreamer")]
            await exchange.deposit_crypto(seller, "ETH", "1")
            await exchange.deposit_fiat(buyer, "1000.00", await exchange.add_bank_account(buyer))
            await exchange.wait_until_tradable(seller, "ETH", Decimal(1))
            await exchange.wait_until_tradable(buyer, "TRY", Decimal(1000))
            order = {"symbol": SYMBOL, "type": "LIMIT", "quantity": "0.5", "price": "1500.00"}
            socket = await api.session.ws_connect("/ws/orders", params={"mode": "paper", "token": dreamer.access_token})
            await heard(socket, "type", "subscribed")
            placed = (await dreamer.place(**order, side="BUY", mode="paper", client_order_id="dream"))["order"]
            assert (placed["status"], placed["mode"]) == ("OPEN", "paper")
            await seller.place(**order, side="SELL")
            assert (await buyer.place(**order, side="BUY"))["order"]["status"] == "FILLED"
            done = await filled(dreamer, placed["id"])
            told = await heard(socket, "action", "filled")
            assert (told["data"]["id"], told["data"]["status"], told["mode"]) == (placed["id"], "FILLED", "paper")
            (fill,) = done["fills"]
            assert (fill["trade_source"], fill["price"], fill["quantity"], fill["fee"]) == ("SIMULATION", "1500", "0.5", "0.375")
            play_money = (await dreamer.call("GET", "/api/v1/account/balances", query={"mode": "paper"}))["data"]
            assert {row["asset"]: row["total"] for row in play_money} == {"ETH": "0.5", "TRY": "999249.625", "USDT": "100000"}
            assert (await dreamer.call("GET", "/api/v1/account/balances"))["data"] == []
            assert (await dreamer.call("GET", "/api/v1/orders"))["data"] == []
            listed = (await dreamer.call("GET", "/api/v1/orders", query={"mode": "paper"}))["data"]
            assert [row["client_order_id"] for row in listed] == ["dream"]

    asyncio.run(play())
