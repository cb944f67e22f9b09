"""Notices through the front door: what happened is in the list of whom it concerns, once, and comes over the socket."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import Any

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, Trader
from mycrypto_local.running import Running

ARRIVAL_SECONDS_MAX = 60
SYMBOL = "ETH/TRY"


async def notices(trader: Trader, *awaited: str) -> dict[str, list[dict[str, str]]]:
    """The parameters of a user's notices by kind, once the awaited kinds are among them."""
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while True:
        found: dict[str, list[dict[str, str]]] = {}
        for each in (await trader.call("GET", "/api/v1/notices?limit=100"))["data"]:
            found.setdefault(each["kind"], []).append(each["params"])
        if set(awaited) <= set(found):
            return found
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.5)


def test_deposits_orders_and_alerts_are_noted_for_whom_they_concern(platform: Running) -> None:
    async def play() -> None:
        async with Api(platform.base_url) as api:
            exchange = Exchange(api, platform.webhooks)
            seller, buyer = [await exchange.new_trader(name) for name in ("seller", "buyer")]
            await exchange.deposit_fiat(buyer, "1000.00", await exchange.add_bank_account(buyer))
            await exchange.deposit_crypto(seller, "ETH", "2")
            await exchange.wait_until_tradable(buyer, "TRY", Decimal(1000))
            await exchange.wait_until_tradable(seller, "ETH", Decimal(2))
            order = {"symbol": SYMBOL, "type": "LIMIT", "quantity": "0.2", "price": "1500.00"}
            waiting: dict[str, Any] = (await seller.place(**order, side="SELL"))["order"]
            await buyer.call("POST", "/api/v1/alerts", {"symbol": SYMBOL, "condition": "ABOVE", "price": "1500.00"})
            assert (await buyer.place(**order, side="BUY"))["order"]["status"] == "FILLED"

            of_seller = await notices(seller, "deposit_credited", "order_filled")
            figures = {"symbol": SYMBOL, "side": "SELL", "quantity": "0.2", "price": "1500"}
            assert of_seller["order_filled"] == [{"order_id": waiting["id"], **figures}], "300 TRY are no mail, and a notice"
            of_buyer = await notices(buyer, "deposit_credited", "bank_account_added", "price_alert")
            assert "order_filled" not in of_buyer, "it was filled while its owner looked on"
            assert len(of_buyer["price_alert"]) == 1
            assert (of_buyer["price_alert"][0]["condition"], of_buyer["price_alert"][0]["last_price"]) == ("ABOVE", "1500")
            assert [each["currency"] for each in of_buyer["deposit_credited"]] == ["TRY"]

            page = await buyer.call("GET", "/api/v1/notices?limit=1")
            assert page["unread"] == sum(map(len, of_buyer.values()))
            assert (await buyer.call("POST", "/api/v1/notices/read", {"up_to": page["data"][0]["id"]})) == {"unread": 0}
            assert (await seller.call("GET", "/api/v1/notices"))["unread"] == sum(map(len, of_seller.values()))

    asyncio.run(play())
