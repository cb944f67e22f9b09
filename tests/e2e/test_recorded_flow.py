"""Five hours of real order flow through the HTTP API make exactly the fills that the exchange made then."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from mycrypto_local.running import Running
from mycrypto_local.traffic.session import replay_file
from mycrypto_local.verify import verify

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FLOW = DATA / "bitstamp_20150501.csv.gz"
FILLS = DATA / "bitstamp_20150501.fills.csv.gz"

WHOLE = bool(os.environ.get("CI"))
"""Continuous integration takes the minutes for all of it; at a desk the first rows do."""
ROWS_MAX = None if WHOLE else 10_000
EXPECTED = (49_479, 568) if WHOLE else (10_000, 170)


@pytest.mark.skipif(not FLOW.exists(), reason="the recorded market data is not beside this checkout")
def test_recorded_flow_makes_the_recorded_fills(platform: Running) -> None:
    report = asyncio.run(replay_file(platform, FLOW, FILLS, users=24, told=lambda _: None, rows_max=ROWS_MAX))
    assert report.mismatches == []
    assert (report.commands, len(report.fills)) == EXPECTED
    assert asyncio.run(verify(platform)).differences == []
