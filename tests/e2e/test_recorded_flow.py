"""Five hours of real order flow through the HTTP API make exactly the fills that the exchange made then."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mycrypto_local.running import Running
from mycrypto_local.traffic.session import replay_file
from mycrypto_local.verify import verify

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FLOW = DATA / "bitstamp_20150501.csv.gz"
FILLS = DATA / "bitstamp_20150501.fills.csv.gz"


@pytest.mark.skipif(not FLOW.exists(), reason="the recorded market data is not beside this checkout")
@pytest.mark.parametrize(
    ("rows_max", "users", "commands", "fills"),
    [
        pytest.param(2_500, 4, 2_500, 81, id="first quarter of an hour"),
        pytest.param(10_000, 24, 10_000, 170, id="first hour", marks=pytest.mark.slow),
        pytest.param(None, 24, 49_479, 568, id="whole", marks=pytest.mark.slow),
    ],
)
def test_recorded_flow_makes_the_recorded_fills(platform: Running, rows_max: int | None, users: int, commands: int, fills: int) -> None:
    report = asyncio.run(replay_file(platform, FLOW, FILLS, users=users, told=lambda _: None, rows_max=rows_max))
    assert report.mismatches == []
    assert (report.commands, len(report.fills)) == (commands, fills)
    assert asyncio.run(verify(platform)).differences == []
