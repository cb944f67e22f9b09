"""The main job through the front door, twice in a row: the second run meets a market with a history."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api
from mycrypto_local.demo import Audience, Demo, Report
from mycrypto_local.running import Running
from mycrypto_local.verify import verify


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_demo_passes(platform: Running, time: str) -> None:
    async def play() -> Report:
        async with Api(platform.base_url) as api:
            return await Demo(Exchange(api, platform.webhooks), Audience(), platform.accounts_dsn).run()

    report = asyncio.run(play())
    assert len(report.steps) > 20, time
    assert report.balances_after["Ayşe"]["BTC"] == "0.0002"


@pytest.mark.slow
def test_the_full_demo_passes_as_a_command(platform: Running) -> None:
    """Every step has its check; the last is what ``mycrypto verify`` does."""
    command = [sys.executable, "-m", "mycrypto_local.cli", "demo", "--full", "--json"]
    done = subprocess.run(command, env=os.environ | {"MYCRYPTO_STATE": str(platform.state)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert len(report["steps"]) > 90
    assert report["steps"][-1]["title"] == "log, wallets and ledger are compared"
    assert report["invariants"][-1] == "engine, wallets and ledger agree to the last unit"


def test_log_wallets_and_ledger_agree_to_the_last_unit(platform: Running) -> None:
    report = asyncio.run(verify(platform))
    assert report.differences == []
    assert report.commands > 0
    assert report.ledger_entries > 0


@pytest.mark.parametrize("chain", ["audit", "ledger"])
def test_the_chains_of_what_was_played_are_whole(platform: Running, chain: str) -> None:
    command = [sys.executable, "-m", "mycrypto_local.cli", chain, "verify"]
    done = subprocess.run(command, env=os.environ | {"MYCRYPTO_STATE": str(platform.state)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"the chain of the {'audit trail' if chain == 'audit' else 'ledger'} is whole" in done.stdout
