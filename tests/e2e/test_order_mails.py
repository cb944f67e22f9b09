"""Mails about the market, to the mailbox: a filled order, a halt with orders in it, a price that was waited for."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, Trader
from mycrypto_local.running import Running
from mycrypto_local.staff import grant_admin

SYMBOL = "ETH/TRY"
ARRIVAL_SECONDS_MAX = 60
FILLED = "Emriniz gerçekleşti - MyCrypto"
ALERT = "Fiyat alarmı - MyCrypto"
HALTED = "İşlemler durduruldu - MyCrypto"


async def subjects(trader: Trader, awaited: str) -> list[str]:
    """The subjects of a user's mails, once the awaited one is among them."""
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while True:
        found = [mail["subject"] for mail in await trader.api.mails(trader.email)]
        if awaited in found:
            return found
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.5)


def test_filled_orders_halted_markets_and_awaited_prices_are_told_by_mail(platform: Running) -> None:
    async def play() -> None:
        async with Api(platform.base_url) as api:
            exchange = Exchange(api, platform.webhooks)
            seller, buyer, other, operator = [await exchange.new_trader(name) for name in ("seller", "buyer", "other", "operator")]
            grant_admin(platform.accounts_dsn, operator.email)
            await operator.login()
            for trader in (buyer, other):  # a user without an identity check may not pay in more
                await exchange.deposit_fiat(trader, "1000.00", await exchange.add_bank_account(trader))
            for trader in (buyer, seller):
                await exchange.deposit_crypto(trader, "ETH", "2")
                await exchange.wait_until_tradable(trader, "ETH", Decimal(2))
            for trader in (buyer, other):
                await exchange.wait_until_tradable(trader, "TRY", Decimal(1000))
            await other.call("POST", "/api/v1/alerts", {"symbol": SYMBOL, "condition": "ABOVE", "price": "1500.00"})
            small = {"symbol": SYMBOL, "type": "LIMIT", "quantity": "0.5", "price": "1500.00"}
            await buyer.place(**small, side="SELL")
            await other.place(**small, side="BUY")
            order = small | {"quantity": "0.8"}
            await seller.place(**order, side="SELL")
            assert (await buyer.place(**order, side="BUY"))["order"]["status"] == "FILLED"
            waiting = (await seller.place(**order, side="SELL"))["order"]
            path = "/api/v1/admin/symbols/ETHTRY/status"
            await operator.call("PUT", path, {"status": "HALTED", "reason": "maintenance"})
            try:
                told = await subjects(seller, HALTED)
                assert (told.count(FILLED), told.count(HALTED)) == (1, 1)
                assert (await subjects(buyer, FILLED)).count(FILLED) == 1
                assert (await seller.call("GET", f"/api/v1/orders/{waiting['id']}"))["reason"] == "HALT"
                assert HALTED not in await subjects(buyer, FILLED)
                assert FILLED not in [mail["subject"] for mail in await api.mails(other.email)]
                assert (await subjects(other, ALERT)).count(ALERT) == 1
                assert (await other.call("GET", "/api/v1/alerts"))["data"] == []
            finally:
                await operator.call("PUT", path, {"status": "ACTIVE", "reason": "done"})

    asyncio.run(play())
