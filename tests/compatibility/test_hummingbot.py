"""Hummingbot, which makes markets: its connector keeps a book, places, cancels, and hears of each fill."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.compatibility.environments import HUMMINGBOT, environment, run

SCRIPTS: Final = Path(__file__).parent / "scripts"


@pytest.mark.slow
def test_a_connector_trades(told: dict[str, str], tmp_path: Path) -> None:
    python = environment("hummingbot", HUMMINGBOT, "3.12")
    said = run(python, str(SCRIPTS / "hummingbot_script.py"), environment=told, folder=tmp_path)
    assert "DONE" in said, said[-8_000:]
