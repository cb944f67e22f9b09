"""NautilusTrader: a TradingNode trades, ends, and another one finds in its reconciliation what the first one left."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.compatibility.environments import NAUTILUS, environment, run

SCRIPTS: Final = Path(__file__).parent / "scripts"


@pytest.mark.slow
def test_a_node_trades_and_the_next_one_reconciles(told: dict[str, str], tmp_path: Path) -> None:
    python = environment("nautilus", NAUTILUS, "3.12")
    for turn in ("first", "again"):
        own = told | {"NAUTILUS_RUN": turn}
        said = run(python, str(SCRIPTS / "nautilus_script.py"), environment=own, folder=tmp_path)
        assert "DONE" in said, said[-8_000:]
        assert "[ERROR]" not in said, said[-8_000:]
