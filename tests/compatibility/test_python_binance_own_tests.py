"""The tests of python-binance, from its source: those of spot trading that ask an exchange. Others ask fixed hosts, or other markets."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.compatibility.environments import PYTHON_BINANCE, PYTHON_BINANCE_TESTS, environment, run, source_of

SCRIPTS: Final = Path(__file__).parent / "scripts"
FILES: Final = {
    "test_client": 42,
    "test_client_ws_api": 17,
    "test_async_client": 41,
    "test_async_client_ws_api": 15,
    "test_get_order_book": 4,
    "test_depth_cache": 2,
    "test_ping": 2,
}
"""With how many of their tests pass; each in a process of its own, because synchronous and asynchronous ones want loops of their own."""
OTHER_MARKETS: Final = ("futures", "coin", "papi", "margin", "options", "portfolio", "gift")


@pytest.mark.slow
@pytest.mark.parametrize(("file", "passed_min"), FILES.items(), ids=FILES)
def test_python_binance_own_tests(told: dict[str, str], tmp_path: Path, file: str, passed_min: int) -> None:
    python = environment("python-binance-tests", PYTHON_BINANCE_TESTS)
    own = source_of(PYTHON_BINANCE[0], tmp_path) / "tests"
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    for name in {file, "test_get_order_book"}:  # others import from that one
        shutil.copy(own / f"{name}.py", tests)
    shutil.copy(SCRIPTS / "python_binance_conftest.py", tests / "conftest.py")
    wanted = " and ".join(f"not {word}" for word in OTHER_MARKETS)
    said = run(python, "-m", "pytest", "-q", "-rfs", "--timeout=60", "-k", wanted, f"tests/{file}.py", environment=told, folder=tmp_path)
    print(said.splitlines()[-1])
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None, said[-4_000:]
    assert int(passed[1]) >= passed_min, said[-4_000:]
