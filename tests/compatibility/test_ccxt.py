"""ccxt, the library that most bots stand on: its ways of trading and listening, and its own tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.compatibility.environments import CCXT, environment, run

SCRIPTS: Final = Path(__file__).parent / "scripts"


def test_a_day_of_a_trader(told: dict[str, str]) -> None:
    assert "DONE" in run(environment("ccxt", CCXT), str(SCRIPTS / "ccxt_script.py"), environment=told)


def test_sockets_and_orders_over_them(told: dict[str, str]) -> None:
    assert "DONE" in run(environment("ccxt", CCXT), str(SCRIPTS / "ccxt_async.py"), environment=told)
