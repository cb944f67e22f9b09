"""The part of the demo in which money leaves: a second factor, a withdrawal, an approval, and the payout through queue, worker and bank."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mycrypto_local.actors import SETTLED_SECONDS_MAX
from mycrypto_local.authenticator import Authenticator
from mycrypto_local.client import JSON, POLL_SECONDS, ApiError, Trader
from mycrypto_local.staff import end_withdrawal_hold, new_operator

if TYPE_CHECKING:
    from mycrypto_local.actors import Exchange

LOOK_SECONDS: Final = 0.25
"""A payout goes through a queue and a worker that may have to start: looking more often could be more than the tier allows."""
AMOUNT: Final = "100.00"
ENDED: Final = {"COMPLETED", "FAILED", "REJECTED", "CANCELLED"}


async def enrol(trader: Trader) -> Authenticator:
    """Switch the second factor on."""
    setup = await trader.call("POST", "/api/auth/2fa/setup", {"password": trader.password})
    phone = Authenticator(setup["manual_entry_key"])
    await trader.call("POST", "/api/auth/2fa/verify-setup", {"setup_token": setup["setup_token"], "code": await phone.code()})
    return phone


async def ask(trader: Trader, phone: Authenticator, owner_dsn: str) -> JSON:
    """Withdraw to the verified bank account, as if a day had passed since the second factor was switched on."""
    await asyncio.to_thread(end_withdrawal_hold, owner_dsn, trader.email)
    accounts = await trader.call("GET", "/api/wallet/bank-accounts")
    body = {"amount": AMOUNT, "fiat_account_id": accounts["data"][0]["id"], "two_fa_code": await phone.code()}
    asked: JSON = await trader.call("POST", "/api/wallet/withdraw/fiat", body)
    return asked


async def approve(exchange: Exchange, owner_dsn: str, withdrawal_id: str) -> JSON:
    """By an operator, as soon as the engine has given the money."""
    operator = await new_operator(exchange, owner_dsn)
    deadline = time.monotonic() + SETTLED_SECONDS_MAX
    while True:
        try:
            approved: JSON = await operator.call("POST", f"/api/wallet/admin/withdrawals/{withdrawal_id}/approve")
        except ApiError as refused:
            if refused.code != "WITHDRAWAL_STATUS" or time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_SECONDS)
        else:
            return approved


async def ended(trader: Trader, withdrawal_id: str) -> JSON:
    """The withdrawal once it has ended; raises ``TimeoutError`` naming where it is."""
    deadline = time.monotonic() + SETTLED_SECONDS_MAX
    while True:
        seen: JSON = await trader.call("GET", f"/api/wallet/withdraw/{withdrawal_id}")
        if seen["status"] in ENDED:
            return seen
        if time.monotonic() > deadline:
            raise TimeoutError(f"withdrawal {withdrawal_id} is {seen['status']}")
        await asyncio.sleep(LOOK_SECONDS)


async def bookings(exchange: Exchange, withdrawal_id: str) -> list[Decimal]:
    """What the bank's statement has of it."""
    answer = await exchange.api.request("GET", "/local/bank/statement", query={"key": f"payout:{withdrawal_id}"})
    return [Decimal(entry["amount"]) for entry in answer["data"]]
