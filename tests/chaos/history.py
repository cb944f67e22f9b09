"""One history on real parts: work, blows, healing, and what the checker found."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, Trader
from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from tests.chaos import checker
from tests.chaos.clocks import Clocks
from tests.chaos.disks import Disks
from tests.chaos.nemesis import Nemesis, NotHealedError
from tests.chaos.plan import Blow
from tests.chaos.workload import FUNDS, Workload
from tests.waking import wake_functions

QUIET_SECONDS: Final = 1.5
"""Of good answers before the first blow, and after the whole platform is well again."""
TRADERS: Final = 3


@dataclass
class Outcome:
    seed: int
    blows: list[Blow]
    wrong: list[str]
    silences: dict[str, float]
    """The longest, in seconds, by kind of request."""
    orders: int
    deposits: int
    healed_seconds: float
    refusals: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        silences = ", ".join(f"{kind} {seconds:.1f}" for kind, seconds in self.silences.items())
        said = f"seed {self.seed}: {' and '.join(map(str, self.blows))}: {self.orders} orders, silent for {silences} s"
        return "\n".join([said, f"  refused: {self.refusals}", *(f"  -> {text}" for text in self.wrong)])


class Town:
    """Traders with money, for as many histories as one likes."""

    def __init__(self, running: Running, platform: Platform, disks: Disks | None = None, clocks: Clocks | None = None) -> None:
        self._running = running
        self._nemesis = Nemesis(platform, running, disks, clocks)
        self._traders: list[Trader] = []
        self._address = ""
        self._ether: dict[str, Decimal] = {}

    async def settle_in(self) -> None:
        await wake_functions(self._running)
        async with Api(self._running.base_url) as api:
            exchange = Exchange(api, self._running.webhooks)
            self._traders = await exchange.funded_traders("chaos", TRADERS, {name: str(amount) for name, amount in FUNDS.items()}, print)
            with api.patient():
                self._address = await exchange.deposit_crypto(self._traders[0], "ETH", "0.001")
        self._ether = {self._traders[0].email: FUNDS["ETH"] + Decimal("0.001")}

    async def live(self, seed: int, chosen: list[Blow]) -> Outcome:
        async with Api(self._running.base_url, connections_max=256) as api:
            for trader in self._traders:
                trader.api = api
            await self._sign_in(api)
            work = Workload(Exchange(api, self._running.webhooks), self._traders, self._address, seed)
            with api.patient():
                await work.begin()
            flow = asyncio.create_task(work.run())
            await asyncio.sleep(QUIET_SECONDS)
            begin = time.monotonic()
            wrong: list[str] = []
            await self._nemesis.strike(chosen)
            try:
                await self._nemesis.heal()
            except NotHealedError as error:
                wrong.append(f"not well again: {error}")
            healed = time.monotonic() - begin
            await asyncio.sleep(QUIET_SECONDS)
            end = time.monotonic()
            work.stop()
            await flow
            heard = work.heard
            for email, amount in heard.deposits.items():
                self._ether[email] += amount
            with api.patient():
                try:
                    wrong += await checker.differences(self._running, heard, self._traders, self._ether)
                except Exception as error:  # noqa: BLE001 - a platform that cannot be looked at is a finding
                    wrong.append(f"it cannot be checked: {error!r}")
        silences = {kind: heard.longest_silence(kind, begin, end) for kind in ("orders", "reads", "wallet", "log-in")}
        deposits = len(heard.good["deposits"])
        return Outcome(seed, chosen, wrong, silences, len(heard.orders), deposits, healed, dict(heard.refusals))

    async def _sign_in(self, api: Api) -> None:
        """Tokens live for minutes, a town for hours."""
        with api.patient():
            for trader in self._traders:
                await trader.login()
