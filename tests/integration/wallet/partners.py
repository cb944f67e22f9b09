"""The payout worker with the simulated partners in this process: the same HTTP, without sockets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx

from functions.wallet.polling import HttpSource, Source
from functions.withdrawals.partners import HttpBank, HttpChain
from functions.withdrawals.service import Payouts
from mycrypto import cache, outbox, telemetry
from mycrypto.withdrawals.payouts import JOB
from mycrypto_local.partners.app import create_app
from mycrypto_local.partners.bank import Bank
from mycrypto_local.partners.chain import Chain
from mycrypto_local.partners.ledger import Ledger
from tests.in_process import InProcess

if TYPE_CHECKING:
    from mycrypto.database import Database
    from tests.integration.wallet.conftest import Caught

PROOF = timedelta(seconds=120)
LIMITS = {"BTC": 20 * 10**8, "ETH": 200 * 10**8, "USDT": 500_000 * 10**8}


async def _no_answer() -> None:
    raise httpx.ReadTimeout("the partner does not answer")


@dataclass
class Partners:
    """``bank`` and ``chain`` are the simulators themselves: what they did is the truth of a test."""

    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self.bank, self.chain = Bank(self.ledger), Chain(self.ledger)
        app = create_app(self.ledger, hang=_no_answer)
        self.http_bank = HttpBank(httpx.Client(transport=InProcess(app), base_url="http://partners/local/bank/"), "bank-secret")
        self.sources: dict[str, Source] = {
            name: HttpSource(httpx.Client(transport=InProcess(app), base_url=f"http://partners/local/{name}/"), f"{name}-secret")
            for name in ("bank", "chain")
        }
        self.http_chain = HttpChain(httpx.Client(transport=InProcess(app), base_url="http://partners/local/chain/"), "chain-secret")

    def worker(self, db: Database, relay: outbox.Relay, balances: cache.Cache, clock: Callable[[], datetime], **changes: Any) -> Payouts:
        parts: dict[str, Any] = {
            "db": db,
            "relay": relay,
            "balances": balances,
            "bank": self.http_bank,
            "signer": self.http_chain,
            "node": self.http_chain,
            "hot_wallet_limits": LIMITS,
            "proof": PROOF,
            "retry_seconds": 0,
            "logger": telemetry.logger("withdrawals-test"),
            "meter": telemetry.Meter("withdrawals"),
            "clock": clock,
            "sleep": lambda _seconds: None,
        }
        return Payouts(**parts | changes)


def jobs(sqs: Caught) -> list[UUID]:
    """The payouts that the queue holds, in order; taken from it."""
    found = [message for message in sqs.messages() if message["type"] == JOB]
    sqs.rows = [row for row in sqs.rows if row.destination != outbox.WITHDRAWALS]
    return [UUID(message["data"]["withdrawal_id"]) for message in found]
