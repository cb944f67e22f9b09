"""Traders for demo, traffic and tests: made, verified, logged in and funded through the public API and the signed webhooks."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from mycrypto_local.client import POLL_SECONDS, Api, Trader
from mycrypto_local.simulate import SENDER_IBAN, WebhookSecrets, bank_transfer, chain_deposit

SETTLED_SECONDS_MAX: Final = 60
FUNDED_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Exchange:
    """The running platform as seen from outside, with the two webhook keys that its bank and chain watcher would hold."""

    api: Api
    webhooks: WebhookSecrets

    async def new_trader(self, name: str) -> Trader:
        """A fresh user who has confirmed the e-mail address and logged in."""
        trader = self.stranger(name)
        await trader.register()
        await trader.verify_email()
        await trader.login()
        return trader

    async def funded_traders(self, name: str, count: int, funds: Mapping[str, str], told: Callable[[str], None]) -> list[Trader]:
        """Fresh users who can trade with ``funds``: decimal strings by currency. Several at a time, and patient with parts that are slow."""
        gate = asyncio.Semaphore(FUNDED_AT_ONCE)
        ready = 0

        async def one(number: int) -> Trader:
            nonlocal ready
            async with gate:
                trader = await self.new_trader(f"{name}{number}")
                for currency, amount in funds.items():
                    await self.deposit_crypto(trader, currency, amount)
                for currency, amount in funds.items():
                    await self.wait_until_tradable(trader, currency, Decimal(amount))
            ready += 1
            told(f"{ready} of {count} users are funded")
            return trader

        with self.api.patient():
            return list(await asyncio.gather(*(one(number) for number in range(count))))

    def stranger(self, name: str) -> Trader:
        """A person with an address and a password who has not registered yet."""
        return Trader(self.api, f"{name}-{secrets.token_hex(5)}@example.com", f"Aa1!{secrets.token_urlsafe(12)}")

    async def add_bank_account(self, trader: Trader) -> str:
        body = {"currency": "TRY", "bank_name": "Demo Bankası", "account_holder_name": "Demo Müşteri", "iban": SENDER_IBAN}
        account = await trader.call("POST", "/api/wallet/bank-accounts", body)
        return str(account["id"])

    async def deposit_fiat(self, trader: Trader, amount: str, account_id: str) -> None:
        """Announce a deposit in TRY and let the bank report the transfer."""
        deposit = await trader.call("POST", "/api/wallet/deposit/fiat", {"amount": amount, "fiat_account_id": account_id})
        await bank_transfer(self.api, self.webhooks, reference=deposit["reference"], amount=amount)

    async def deposit_crypto(self, trader: Trader, currency: str, amount: str) -> str:
        """Pay to the user's deposit address with all confirmations; returns the address."""
        address = await trader.call("POST", "/api/wallet/deposit/crypto", {"currency": currency}, repeatable=True)
        await chain_deposit(self.api, self.webhooks, address=address["address"], currency=currency, amount=amount)
        return str(address["address"])

    async def wait_until_tradable(self, trader: Trader, currency: str, amount: Decimal) -> None:
        """Wait until the engine holds at least ``amount`` for the user; raises ``TimeoutError`` naming what it saw last."""
        deadline = time.monotonic() + SETTLED_SECONDS_MAX
        while True:
            balance = await trader.trading_balance(currency)
            if Decimal(balance["total"]) >= amount:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{trader.email} has {balance['total']} {currency} in the engine, {amount} expected")
            await asyncio.sleep(POLL_SECONDS)
