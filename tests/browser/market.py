"""A market with something in it: two traders who keep a book on BTC/TRY and have just traded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

import psycopg

from mycrypto_local.actors import Exchange
from mycrypto_local.client import PATIENCE_SECONDS, Api, Trader
from mycrypto_local.running import Running

T = TypeVar("T")

SYMBOL: Final = "BTC/TRY"
MIDDLE: Final = Decimal(3500000)
TICKS: Final = 10
LOT: Final = Decimal("0.0001")


def carry_out(running: Running, work: Callable[[Exchange], Coroutine[Any, Any, T]]) -> T:
    """Run work against the platform in a thread of its own: the browser's driver has an event loop in this one."""

    async def run() -> T:
        async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
            return await work(Exchange(api, running.webhooks))

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


@dataclass(frozen=True, slots=True)
class Market:
    """Those who keep the book. Their tokens live for fifteen minutes, longer than a run."""

    maker: Trader
    taker: Trader

    def sells(self, running: Running, quantity: str, price: str) -> None:
        """The taker sells at a limit."""
        self._order(running, self.taker, side="SELL", type="LIMIT", quantity=quantity, price=price)

    def buys(self, running: Running, quantity: str) -> None:
        """The taker buys at the market."""
        self._order(running, self.taker, side="BUY", type="MARKET", quantity=quantity)

    @staticmethod
    def _order(running: Running, trader: Trader, **order: str) -> None:
        async def place(exchange: Exchange) -> None:
            await Trader(exchange.api, trader.email, trader.password, trader.user_id, trader.access_token).place(symbol=SYMBOL, **order)

        carry_out(running, place)


def ladder() -> list[dict[str, str]]:
    """Bids and asks around the middle, deeper with the distance."""
    orders = []
    for step in range(1, TICKS + 1):
        distance = Decimal(step * step * 40 + 150)
        quantity = str(LOT * (1 + step * 7 % 5))
        for side, price in (("BUY", MIDDLE - distance), ("SELL", MIDDLE + distance)):
            orders.append({"symbol": SYMBOL, "side": side, "type": "LIMIT", "quantity": quantity, "price": f"{price:.2f}"})
    return orders


async def proven_trader(exchange: Exchange, owner_dsn: str, name: str) -> Trader:
    """A trader whose identity counts as proved: before that 1,000 TRY a day may come in."""
    trader = await exchange.new_trader(name)
    with psycopg.connect(owner_dsn) as connection:
        connection.execute("UPDATE users SET kyc_level = 3, kyc_status = 'APPROVED' WHERE email = %s", (trader.email,))
    await trader.login()
    return trader


async def open_market(exchange: Exchange, owner_dsn: str) -> Market:
    maker, taker = await asyncio.gather(proven_trader(exchange, owner_dsn, "maker"), proven_trader(exchange, owner_dsn, "taker"))
    for trader in (maker, taker):
        await exchange.deposit_crypto(trader, "BTC", "5")
        await _fund_try(exchange, trader, "45000.00")
    for trader in (maker, taker):
        await exchange.wait_until_tradable(trader, "BTC", Decimal(5))
        await exchange.wait_until_tradable(trader, "TRY", Decimal(45_000))
    await maker.call("POST", "/api/v1/orders/batch", {"orders": ladder()})
    for number in range(12):
        await taker.place(symbol=SYMBOL, side=("BUY", "SELL")[number % 3 == 0], type="MARKET", quantity=str(LOT * (1 + number % 3)))
    return Market(maker, taker)


async def _fund_try(exchange: Exchange, trader: Trader, amount: str) -> None:
    await exchange.deposit_fiat(trader, amount, await exchange.add_bank_account(trader))
