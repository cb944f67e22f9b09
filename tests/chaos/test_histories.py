"""Three short histories on real parts; ``make chaos`` runs as many as one likes."""

from __future__ import annotations

import asyncio

import pytest

from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from tests.chaos.history import Outcome, Town
from tests.chaos.plan import Blow

HISTORIES = (
    [Blow("engine", "kill")],
    [Blow("kafka", "term"), Blow("engine", "term", after=1.0)],
    [Blow("valkey", "flush"), Blow("functions", "kill")],
)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_all_agree(platform: Running) -> None:
    async def live() -> list[Outcome]:
        town = Town(platform, Platform(platform.state))
        await town.settle_in()
        return [await town.live(seed, blows) for seed, blows in enumerate(HISTORIES)]

    for outcome in asyncio.run(live()):
        assert not outcome.wrong, str(outcome)
        assert outcome.orders > 5
