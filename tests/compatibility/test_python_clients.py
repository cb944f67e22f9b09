"""python-binance, binance-connector and binance-sdk-spot, each in an environment of its own: the first two are both called binance."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.compatibility.environments import CONNECTOR, PYTHON_BINANCE, SDK, environment, run

SCRIPTS: Final = Path(__file__).parent / "scripts"


@pytest.mark.slow
def test_python_binance(told: dict[str, str]) -> None:
    assert "DONE" in run(environment("python-binance", PYTHON_BINANCE), str(SCRIPTS / "python_binance_script.py"), environment=told)


@pytest.mark.slow
def test_binance_connector(told: dict[str, str]) -> None:
    assert "DONE" in run(environment("binance-connector", CONNECTOR), str(SCRIPTS / "connector_script.py"), environment=told)


@pytest.mark.slow
def test_binance_sdk_spot(told: dict[str, str]) -> None:
    assert "DONE" in run(environment("binance-sdk-spot", SDK), str(SCRIPTS / "sdk_script.py"), environment=told)
