"""Money through random transfers, deposits, orders and withdrawals while parts are killed: exact totals, and all sources agree."""

from __future__ import annotations

import asyncio

import pytest

from mycrypto_local.running import Running
from tests.chaos.bank import Bank


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 4])
def test_every_currency_adds_up_whatever_is_killed(platform: Running, seed: int) -> None:
    """Seeds begin with another part each: engine, gateway, publisher, pump; then kafka, postgres, valkey, emulator."""
    result = asyncio.run(Bank(platform, seed).run(rounds=4))
    print(result)
    assert not result.wrong, str(result)
    assert result.withdrawals["COMPLETED"] > 1
    assert result.payments > 10
    assert result.trades > 5
