"""freqtrade, the bot that most people run: it buys, and puts its stop on the exchange."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest

from tests.compatibility.environments import FREQTRADE, environment, run

SCRIPTS: Final = Path(__file__).parent / "scripts"
SECONDS_MAX: Final = 300
BOUGHT: Final = "LIMIT_BUY has been fulfilled"
STOPPED: Final = "stoploss limit order added"


@pytest.mark.slow
@pytest.mark.parametrize(("dry_run", "wanted"), [("yes", (BOUGHT,)), ("no", (BOUGHT, STOPPED))], ids=["dry run", "live"])
def test_a_bot_trades(told: dict[str, str], tmp_path: Path, dry_run: str, wanted: tuple[str, ...]) -> None:
    python = environment("freqtrade", FREQTRADE)
    own = _own(told, dry_run)
    config = tmp_path / "config.json"
    config.write_text(run(python, str(SCRIPTS / "freqtrade_config.py"), environment=own))
    strategies = tmp_path / "user_data" / "strategies"
    strategies.mkdir(parents=True)
    shutil.copy(SCRIPTS / "always_enter.py", strategies)
    log = tmp_path / "freqtrade.log"
    places = ("--config", str(config), "--userdir", str(strategies.parent), "--strategy", "AlwaysEnter", "--logfile", str(log))
    command = [str(python.parent / "freqtrade"), "trade", *places]
    with (tmp_path / "output").open("wb") as output:
        bot = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **own}
        )
        try:
            deadline = time.monotonic() + SECONDS_MAX
            while not all(text in _said(log) for text in wanted):
                assert bot.poll() is None, f"it ended: {_said(tmp_path / 'output')[-6_000:]}"
                assert time.monotonic() < deadline, _said(log)[-6_000:]
                time.sleep(0.5)
        finally:
            bot.send_signal(signal.SIGINT)
            try:
                bot.wait(60)
            except subprocess.TimeoutExpired:
                bot.kill()
                bot.wait()


@pytest.mark.slow
def test_candles_are_downloaded(told: dict[str, str], tmp_path: Path) -> None:
    python = environment("freqtrade", FREQTRADE)
    config = tmp_path / "config.json"
    config.write_text(run(python, str(SCRIPTS / "freqtrade_config.py"), environment=_own(told, "yes")))
    what = ("--pairs", "BTC/USDT", "--timeframes", "1m", "--days", "1", "--data-format-ohlcv", "json")
    command = ("-m", "freqtrade", "download-data", "--config", str(config), "--userdir", str(tmp_path / "user_data"), *what)
    (tmp_path / "user_data").mkdir()
    said = run(python, *command, environment=_own(told, "yes"), folder=tmp_path)
    (found,) = (tmp_path / "user_data").rglob("BTC_USDT-1m.json")
    candles = json.loads(found.read_text())
    assert candles, said[-4_000:]
    assert all(low <= min(opened, closed) <= max(opened, closed) <= high for _, opened, high, low, closed, _ in candles)


def _own(told: dict[str, str], dry_run: str) -> dict[str, str]:
    return told | {"FREQTRADE_DRY_RUN": dry_run, "PYTHONPATH": str(SCRIPTS)}


def _said(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""
