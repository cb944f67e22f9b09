"""Invariant 3: what was acknowledged survives kill -9 of any process at any point.

Orders, cancels and deposits flow while one part after the other is killed. Afterwards every acknowledgement is held against the platform:
the order is there and no younger than it was said to be, the cancel stays a cancel, the money of each deposit has arrived
exactly once, and log, wallets and ledger say the same to the last unit.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, ApiError, Trader
from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from mycrypto_local.simulate import chain_deposit
from mycrypto_local.verify import verify

PARTS = ("gateway", "engine", "publisher", "pump", "valkey", "postgres", "emulator", "kafka")
SHORT = ("engine", "gateway")
"""Those whose loss a trader notices first; ``make test-long`` kills all of them."""
SYMBOL = "BTC/USDT"
BASE, QUOTE = "BTC", "USDT"
MIDDLE = Decimal(50_000)
LOT = Decimal("0.0001")
OPEN_MAX = 15
"""Below what a user may have open on a market: an order that is refused would say nothing of the part that was killed."""
FUNDS = {BASE: Decimal(5), QUOTE: Decimal(500_000), "ETH": Decimal(3)}
PATIENCE_SECONDS = 120
NOT_ANSWERED = (ApiError, aiohttp.ClientError, OSError, TimeoutError)
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
        self.address = ""
        self.refusals: Counter[str] = Counter()
        """What was answered instead of a yes: said where no yes comes any more."""

    async def run(self) -> None:
        while self.going:
            try:
                await self._act()
            except NOT_ANSWERED as error:  # no answer, or no: nothing was promised
                self.refusals[str(error) or repr(error)] += 1
            await asyncio.sleep(0.02)

    async def deposit(self) -> None:
        """One transaction of the chain, reported again and again until the platform says that it has it."""
        amount = Decimal(self.chance.randint(1, 9)) / 1000
        tx_hash = "0x" + secrets.token_hex(32)
        while True:
            try:
                await chain_deposit(
                    self.exchange.api, self.exchange.webhooks, address=self.address, currency="ETH", amount=str(amount), tx_hash=tx_hash
                )
            except NOT_ANSWERED:
                await asyncio.sleep(0.2)
            else:
                break
        self.heard.deposits[self.trader.email] = self.heard.deposits.get(self.trader.email, Decimal(0)) + amount

    async def _act(self) -> None:
        if len(self.open) >= OPEN_MAX or (self.open and self.chance.random() < 0.3):
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
            quantity=f"{LOT * self.chance.randint(3, 20):f}",
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
    """The platform of this run, left healthy for the next test."""
    found = Platform(platform.state)
    yield found
    wait_healthy(found, {})


async def play(running: Running, whole: Platform, parts: tuple[str, ...]) -> tuple[Acknowledged, list[Trader]]:
    heard = Acknowledged()
    async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
        exchange = Exchange(api, running.webhooks)
        traders = [await exchange.new_trader(f"fault{number}") for number in range(3)]
        clients = [Client(exchange, trader, heard, seed) for seed, trader in enumerate(traders)]
        for client in clients:
            for currency, amount in FUNDS.items():
                client.address = await exchange.deposit_crypto(client.trader, currency, str(amount))  # ETH comes last
        for trader in traders:
            for currency, amount in FUNDS.items():
                await exchange.wait_until_tradable(trader, currency, amount)
        flow = [asyncio.create_task(client.run()) for client in clients]
        for name in parts:
            await asyncio.sleep(1)
            pid = await asyncio.to_thread(kill, whole, name)
            deposits = [asyncio.create_task(client.deposit()) for client in clients]
            await asyncio.to_thread(wait_healthy, whole, {name: pid})
            await wait_for_order(heard, clients, name)
            await asyncio.gather(*deposits)
        for client in clients:
            client.going = False
        await asyncio.gather(*flow)
        await check_orders(heard, traders)
        await check_money(running, heard, traders)
    return heard, traders


async def wait_for_order(heard: Acknowledged, clients: list[Client], name: str) -> None:
    """Until an order is acknowledged that was not before the part was healthy again. An order that was under way when it was killed is asked
    for again only after its answer was given up, and a loaded machine is slow to carry it out: so this is no matter of a second."""
    before = len(heard.orders)
    refusals = [client.refusals.copy() for client in clients]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(heard.orders) == before:
        answered = [dict(client.refusals - earlier) for client, earlier in zip(clients, refusals, strict=True)]
        assert time.monotonic() < deadline, f"no order was acknowledged after {name} had come back, but answered: {answered}"
        await asyncio.sleep(0.05)


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
    report = await verify(running)
    assert report.differences == []
    assert report.commands > 0


async def differences(trader: Trader) -> list[str]:
    found = []
    for currency in FUNDS:
        wallet, engine = await trader.wallet_balance(currency), await trader.trading_balance(currency)
        pair = (Decimal(wallet["available_balance"]), Decimal(wallet["locked_balance"]))
        if pair != (Decimal(engine["available"]), Decimal(engine["locked"])):
            found.append(f"{trader.email} {currency}: wallet {pair}, engine {engine}")
    return found


@pytest.mark.parametrize("parts", [pytest.param(SHORT, id="short"), pytest.param(PARTS, id="every part", marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_whatever_is_killed(platform: Running, whole: Platform, parts: tuple[str, ...]) -> None:
    heard, _ = asyncio.run(play(platform, whole, parts))
    assert len(heard.orders) > 100
    assert any(order["status"] == "CANCELLED" for order in heard.orders.values())
    assert any(Decimal(order["filled_quantity"]) for order in heard.orders.values())
