"""Invariant 3: what was acknowledged survives kill -9 of any process at any point.

Orders, cancels and deposits flow while one part after the other is killed. Afterwards every acknowledgement is held against the platform:
the order is there and no younger than it was said to be, the cancel stays a cancel, the money of each deposit has arrived
exactly once, wallets equal the engine, and the ledger's accounts sum to zero.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from localstack.actors import Exchange
from localstack.client import Api, ApiError, Trader
from localstack.platform import Platform
from localstack.running import Running

PARTS = ("gateway", "engine", "publisher", "pump", "valkey", "postgres", "emulator", "kafka")
SYMBOL = "BTC/USDT"
BASE, QUOTE = "BTC", "USDT"
MIDDLE = Decimal(50_000)
LOT = Decimal("0.0001")
FUNDS = {BASE: Decimal(5), QUOTE: Decimal(500_000), "ETH": Decimal(3)}
PATIENCE_SECONDS = 120
FINAL = {"FILLED", "CANCELLED", "EXPIRED", "REJECTED"}


@dataclass
class Acknowledged:
    """What the platform has said yes to, as its clients remember it."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last state heard, by order id."""
    deposits: dict[str, Decimal] = field(default_factory=dict)
    """ETH paid in during the faults, by user."""


class Client:
    """A trader's program: it remembers every yes, and after an unknown outcome it asks by its own id instead of guessing."""

    def __init__(self, exchange: Exchange, trader: Trader, heard: Acknowledged, seed: int) -> None:
        self.exchange = exchange
        self.trader = trader
        self.heard = heard
        self.chance = random.Random(seed)
        self.open: list[str] = []
        self.number = 0
        self.going = True

    async def run(self) -> None:
        while self.going:
            with suppress(ApiError, OSError, TimeoutError):  # no answer, or no: nothing was promised
                await self._act()
            await asyncio.sleep(0.02)

    async def deposit(self) -> None:
        """One transaction of the chain, reported again and again until the platform says that it has it."""
        amount = Decimal(self.chance.randint(1, 9)) / 1000
        await self.exchange.deposit_crypto(self.trader, "ETH", str(amount))
        self.heard.deposits[self.trader.email] = self.heard.deposits.get(self.trader.email, Decimal(0)) + amount

    async def _act(self) -> None:
        if self.open and self.chance.random() < 0.3:
            order_id = self.open.pop(self.chance.randrange(len(self.open)))
            answer = await self.trader.cancel(order_id)
            self._remember(answer.get("order", answer))
            return
        side = self.chance.choice(("BUY", "SELL"))
        away = self.chance.randint(-3, 12) * Decimal("0.01")
        self.number += 1
        answer = await self.trader.place(
            symbol=SYMBOL,
            side=side,
            type="LIMIT",
            price=f"{MIDDLE - away if side == 'BUY' else MIDDLE + away:f}",
            quantity=f"{LOT * self.chance.randint(1, 20):f}",
            client_order_id=f"{self.trader.email.split('@', maxsplit=1)[0]}-{self.number}",
        )
        self._remember(answer["order"])
        if answer["order"]["status"] in {"OPEN", "PARTIALLY_FILLED"}:
            self.open.append(answer["order"]["id"])

    def _remember(self, order: dict[str, Any]) -> None:
        self.heard.orders[order["id"]] = order


def kill(platform: Platform, name: str) -> int:
    pid = platform.supervisor.processes()[name].pid
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_healthy(platform: Platform, killed: dict[str, int]) -> None:
    """Until the supervisor has put something else in the place of each, and all of it says that it is well."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        status = platform.status()
        replaced = all(part.pid != killed[part.name] for part in status.parts if part.name in killed)
        if status.state == "running" and replaced:
            return
        assert time.monotonic() < deadline, [part for part in status.parts if not part.healthy]
        time.sleep(0.2)


@pytest.fixture
def whole(platform: Running) -> Iterator[Platform]:
    """The platform of this run, left healthy for whoever comes next."""
    found = Platform(platform.state)
    yield found
    wait_healthy(found, {})


async def play(running: Running, whole: Platform) -> tuple[Acknowledged, list[Trader]]:
    heard = Acknowledged()
    async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
        exchange = Exchange(api, running.webhooks)
        traders = [await exchange.new_trader(f"fault{number}") for number in range(3)]
        for trader in traders:
            for currency, amount in FUNDS.items():
                await exchange.deposit_crypto(trader, currency, str(amount))
        for trader in traders:
            for currency, amount in FUNDS.items():
                await exchange.wait_until_tradable(trader, currency, amount)
        clients = [Client(exchange, trader, heard, seed) for seed, trader in enumerate(traders)]
        flow = [asyncio.create_task(client.run()) for client in clients]
        for name in PARTS:
            await asyncio.sleep(1)
            before = len(heard.orders)
            pid = await asyncio.to_thread(kill, whole, name)
            deposits = [asyncio.create_task(client.deposit()) for client in clients]
            await asyncio.to_thread(wait_healthy, whole, {name: pid})
            await asyncio.gather(*deposits)
            await asyncio.sleep(1)
            assert len(heard.orders) > before, f"no order was acknowledged after {name} had come back"
        for client in clients:
            client.going = False
        await asyncio.gather(*flow)
        await check_orders(heard, traders)
        await check_money(running, heard, traders)
    return heard, traders


async def check_orders(heard: Acknowledged, traders: list[Trader]) -> None:
    owners = {trader.user_id: trader for trader in traders}
    for order_id, told in heard.orders.items():
        owner = (
            owners[told["user_id"]]
            if "user_id" in told
            else next(t for t in traders if told["client_order_id"].startswith(t.email.split("@")[0]))
        )
        now = await owner.call("GET", f"/api/v1/orders/{order_id}")
        assert Decimal(now["filled_quantity"]) >= Decimal(told["filled_quantity"]), (told, now)
        if told["status"] in FINAL:
            assert now["status"] == told["status"], (told, now)
        assert (now["price"], now["quantity"], now["side"]) == (told["price"], told["quantity"], told["side"])


async def check_money(running: Running, heard: Acknowledged, traders: list[Trader]) -> None:
    for trader in traders:
        expected = FUNDS["ETH"] + heard.deposits.get(trader.email, Decimal(0))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (seen := Decimal((await trader.trading_balance("ETH"))["total"])) != expected:
            assert time.monotonic() < deadline, f"{trader.email} paid in {expected} ETH and has {seen}"
            await asyncio.sleep(0.2)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while different := [line for trader in traders for line in await differences(trader)]:
        assert time.monotonic() < deadline, different
        await asyncio.sleep(0.5)
    base = sum([Decimal((await trader.trading_balance(BASE))["total"]) for trader in traders])
    assert base == FUNDS[BASE] * len(traders)
    with psycopg.connect(running.accounts_dsn) as connection:
        sums = dict(connection.execute(LEDGER_SUMS).fetchall())
    assert {BASE, QUOTE, "ETH"} <= set(sums)
    assert all(total == 0 for total in sums.values()), sums


async def differences(trader: Trader) -> list[str]:
    found = []
    for currency in FUNDS:
        wallet, engine = await trader.wallet_balance(currency), await trader.trading_balance(currency)
        pair = (Decimal(wallet["available_balance"]), Decimal(wallet["locked_balance"]))
        if pair != (Decimal(engine["available"]), Decimal(engine["locked"])):
            found.append(f"{trader.email} {currency}: wallet {pair}, engine {engine}")
    return found


LEDGER_SUMS = "SELECT currency, sum(amount) FROM ledger_postings GROUP BY currency"


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_whatever_is_killed(platform: Running, whole: Platform) -> None:
    heard, _ = asyncio.run(play(platform, whole))
    assert len(heard.orders) > 100
    assert any(order["status"] == "CANCELLED" for order in heard.orders.values())
    assert any(Decimal(order["filled_quantity"]) for order in heard.orders.values())
