"""The chapters in their order, after the main job."""

from __future__ import annotations

from mycrypto_local.actors import Exchange
from mycrypto_local.demo import Audience, Demo, Report
from mycrypto_local.full_demo import accounts, books, caches, identity, money, office, taking_in
from mycrypto_local.full_demo.stage import Stage
from mycrypto_local.running import Running
from mycrypto_local.staff import new_operator


class FullDemo(Demo):
    """The main job, and then the rest of what accounts and money promise."""

    def __init__(self, running: Running, exchange: Exchange, audience: Audience) -> None:
        super().__init__(exchange, audience, running.accounts_dsn)
        self._running = running

    async def run(self) -> Report:
        await super().run()
        self.exchange.api.waits_for_limits = True
        first, second = [await new_operator(self.exchange, self.accounts_dsn) for _ in range(2)]
        stage = Stage(self._running, self.exchange, self.step, self.check, first, second)
        await accounts.play(stage)
        elif_ = await identity.play(stage)
        await office.play(stage, elif_)
        await money.play(stage, elif_)
        await books.play(stage, elif_)
        await caches.play(stage, elif_, self.buyer)
        await taking_in.play(stage)
        await books.verified(stage)
        return self.report
