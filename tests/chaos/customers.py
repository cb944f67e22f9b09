"""Customers of a bank: they pay in, trade, send to each other and withdraw, at random and all the while. What was said to them is remembered."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, Final

import aiohttp
import psycopg

from mycrypto import networks
from mycrypto_local import demo_withdrawal
from mycrypto_local.actors import Exchange
from mycrypto_local.authenticator import Authenticator
from mycrypto_local.client import ApiError, Trader
from mycrypto_local.running import Running
from mycrypto_local.simulate import bank_transfer, chain_deposit
from mycrypto_local.staff import end_withdrawal_hold

NOT_ANSWERED: Final = (ApiError, aiohttp.ClientError, OSError, TimeoutError)
SYMBOL: Final = "BTC/USDT"
MIDDLE: Final = Decimal(50_000)
FUNDS: Final = {"BTC": "2", "USDT": "80000", "ETH": "3"}
OUTSIDE: Final = {"BTC": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "ETH": "0x52908400098527886E0F7030069857D2E4169EE7"}
SMALLEST: Final = {"BTC": Decimal("0.001"), "ETH": Decimal("0.01")}
OPEN_MAX: Final = 10
PAUSE_SECONDS: Final = 0.05
AWAY_SECONDS: Final = 0.5
"""Until the next try, where there was no answer."""
ENDED: Final = {"COMPLETED", "FAILED", "REJECTED", "CANCELLED"}


@dataclass
class Sent:
    """A payment to the platform. Its sender reports it until the report is taken, as a watcher does."""

    currency: str
    amount: Decimal
    report: Callable[[], Awaitable[Any]]
    taken: bool = False


@dataclass
class Told:
    """``withdrawals``: ids that were acknowledged."""

    sent: list[Sent] = field(default_factory=list)
    withdrawals: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)


class Customer:
    """One of them. ``peers`` are the deposit addresses of the others."""

    def __init__(self, exchange: Exchange, trader: Trader, phone: Authenticator, told: Told, seed: str) -> None:
        self._exchange = exchange
        self.trader = trader
        self._phone = phone
        self._told = told
        self._chance = Random(seed)
        self._open: list[str] = []
        self.addresses: dict[str, str] = {}
        self.peers: dict[str, list[str]] = defaultdict(list)

    async def run(self, going: Callable[[], bool]) -> None:
        """Until ``going`` says no."""
        works: tuple[tuple[int, Callable[[], Awaitable[None]]], ...] = (
            (12, self._order), (6, self._cancel), (3, self._deposit), (2, self._withdraw), (1, self._regret),
        )  # fmt: skip
        weights = [weight for weight, _ in works]
        while going():
            (_, work) = self._chance.choices(works, weights)[0]
            name = work.__name__.strip("_")
            try:
                await work()
            except NOT_ANSWERED as error:
                self._told.outcomes[f"{name}: {error.code if isinstance(error, ApiError) else type(error).__name__}"] += 1
                await asyncio.sleep(0 if isinstance(error, ApiError) else AWAY_SECONDS)
            else:
                self._told.outcomes[name] += 1
            await asyncio.sleep(PAUSE_SECONDS)

    async def _order(self) -> None:
        if len(self._open) >= OPEN_MAX:
            return await self._cancel()
        away = self._chance.randint(-6, 4) * Decimal("0.01")
        side = self._chance.choice(("BUY", "SELL"))
        answer = await self.trader.place(
            symbol=SYMBOL,
            side=side,
            type="LIMIT",
            price=f"{MIDDLE - away if side == 'BUY' else MIDDLE + away:f}",
            quantity=f"{self._chance.randint(3, 40) * Decimal('0.0001'):f}",
            client_order_id=f"bank-{secrets.token_hex(8)}",
        )
        if answer["order"]["status"] in {"OPEN", "PARTIALLY_FILLED"}:
            self._open.append(answer["order"]["id"])
        return None

    async def _cancel(self) -> None:
        if self._open:
            await self.trader.cancel(self._open.pop(self._chance.randrange(len(self._open))))

    async def _deposit(self) -> None:
        currency = self._chance.choice(sorted(self.addresses))
        amount = self._chance.randint(10, 900) * Decimal("0.0001")
        tx_hash = networks.find(currency).hash_prefix + secrets.token_hex(32)

        def report() -> Awaitable[Any]:
            return chain_deposit(
                self._exchange.api,
                self._exchange.webhooks,
                address=self.addresses[currency],
                currency=currency,
                amount=f"{amount:f}",
                tx_hash=tx_hash,
            )

        sent = Sent(currency, amount, report)
        self._told.sent.append(sent)
        await report()
        sent.taken = True

    async def _withdraw(self) -> None:
        currency = self._chance.choice(sorted(OUTSIDE))
        where = self._chance.choice([OUTSIDE[currency], *self.peers[currency]])
        amount = SMALLEST[currency] * self._chance.randint(1, 5)
        body = {
            "currency": currency, "amount": f"{amount:f}", "destination_address": where, "two_fa_code": await self._phone.code(),
        }  # fmt: skip
        answer = await self.trader.call("POST", "/api/wallet/withdraw/crypto", body)
        self._told.withdrawals.add(answer["id"])

    async def _regret(self) -> None:
        """Cancel one of the own withdrawals, if that is still possible."""
        page = await self.trader.call("GET", "/api/wallet/withdraw/requests", query={"limit": 20})
        waiting = [row["id"] for row in page["data"] if row["status"] == "PENDING"]
        if waiting:
            await self.trader.call("POST", f"/api/wallet/withdraw/{self._chance.choice(waiting)}/cancel")

    async def close_orders(self) -> None:
        """Nothing of this customer's rests any more."""
        await self.trader.call("DELETE", "/api/v1/orders", query={"symbol": SYMBOL}, repeatable=True)


class Saver:
    """Pays lira in from a bank account, again and again, and withdraws some."""

    def __init__(self, exchange: Exchange, trader: Trader, phone: Authenticator, account: str, told: Told, seed: str) -> None:
        self._exchange = exchange
        self.trader = trader
        self._phone = phone
        self._account = account
        self._told = told
        self._chance = Random(seed)

    async def run(self, going: Callable[[], bool]) -> None:
        for work in (self._pay_in, self._pay_in, self._withdraw, self._pay_in):
            if not going():
                return
            try:
                await work()
            except NOT_ANSWERED as error:
                self._told.outcomes[f"lira: {error.code if isinstance(error, ApiError) else type(error).__name__}"] += 1
            else:
                self._told.outcomes["lira"] += 1
            await asyncio.sleep(self._chance.uniform(1, 6))

    async def _pay_in(self) -> None:
        amount = f"{self._chance.randint(10_000, 15_000) / Decimal(100):.2f}"
        deposit = await self.trader.call("POST", "/api/wallet/deposit/fiat", {"amount": amount, "fiat_account_id": self._account})
        transaction_id = f"BANK-{secrets.token_hex(8).upper()}"

        def report() -> Awaitable[Any]:
            return bank_transfer(
                self._exchange.api, self._exchange.webhooks, reference=deposit["reference"], amount=amount, transaction_id=transaction_id
            )

        sent = Sent("TRY", Decimal(amount), report)
        self._told.sent.append(sent)
        await report()
        sent.taken = True

    async def _withdraw(self) -> None:
        body = {"amount": demo_withdrawal.AMOUNT, "fiat_account_id": self._account, "two_fa_code": await self._phone.code()}
        answer = await self.trader.call("POST", "/api/wallet/withdraw/fiat", body)
        self._told.withdrawals.add(answer["id"])


async def open_customers(running: Running, exchange: Exchange, told: Told, count: int, seed: int) -> list[Customer]:
    """With money, a second factor whose hold has run out, and no limit by value."""
    traders = await exchange.funded_traders("bank", count, FUNDS, lambda _: None)
    customers = []
    for number, trader in enumerate(traders):
        phone = await _ready(running, trader, kyc_level=3)
        customer = Customer(exchange, trader, phone, told, f"{seed}/{number}")
        for currency in OUTSIDE:
            found = await trader.call("POST", "/api/wallet/deposit/crypto", {"currency": currency}, repeatable=True)
            customer.addresses[currency] = found["address"]
        customers.append(customer)
    for customer in customers:
        for other in customers:
            if other is not customer:
                for currency, address in other.addresses.items():
                    customer.peers[currency].append(address)
    return customers


async def open_savers(running: Running, exchange: Exchange, told: Told, count: int, seed: int) -> list[Saver]:
    """With a bank account that a first transfer has verified."""
    savers = []
    for number in range(count):
        trader = await exchange.new_trader(f"saver{number}")
        account = await exchange.add_bank_account(trader)
        await exchange.deposit_fiat(trader, "250.00", account)
        await exchange.wait_until_tradable(trader, "TRY", Decimal(250))
        savers.append(Saver(exchange, trader, await _ready(running, trader, kyc_level=1), account, told, f"{seed}/saver/{number}"))
    return savers


async def _ready(running: Running, trader: Trader, *, kyc_level: int) -> Authenticator:
    phone = await demo_withdrawal.enrol(trader)
    await asyncio.to_thread(end_withdrawal_hold, running.accounts_dsn, trader.email)
    with psycopg.connect(running.accounts_dsn) as connection:
        connection.execute("UPDATE users SET kyc_level = %s WHERE id = %s", (kyc_level, trader.user_id))
    await trader.refresh()  # the level is part of the token
    return phone
