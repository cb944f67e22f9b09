"""The tests that ccxt brings along, public and private: synchronous, asynchronous, and over sockets."""

from __future__ import annotations

import json
import shutil
import sysconfig
from pathlib import Path
from typing import Any, Final

import pytest

from mycrypto_local.keys_command import NewKey
from tests.compatibility.environments import CCXT, environment, run
from tests.compatibility.market import busy_account

SCRIPTS: Final = Path(__file__).parent / "scripts"
SYMBOL: Final = "BTC/USDT"
ELSEWHERE: Final = (
    "swap", "future", "option", "margin", "fetchPosition", "fetchPositions", "watchPosition", "watchPositions", "fetchLeverageTiers",
    "fetchTransfers", "fetchBorrowInterest", "fetchBorrowRateHistory", "fetchLedger", "fetchLedgerEntry", "fetchMarginModes",
    "fetchTransactionFees", "fetchAccounts", "fetchDeposits", "fetchWithdrawals", "fetchDepositAddress", "fetchDepositsWithdrawals",
)  # fmt: skip
"""Of other kinds of markets, and of the wallet, which keys do not open."""


@pytest.mark.slow
@pytest.mark.parametrize("lane", [("--sync",), (), ("--ws",)], ids=["synchronous", "asynchronous", "sockets"])
def test_ccxt_own_tests(told: dict[str, str], key: NewKey, tmp_path: Path, lane: tuple[str, ...]) -> None:
    python = environment("ccxt", CCXT)
    root = tmp_path / "root"
    version = f"python{sysconfig.get_python_version()}"
    shutil.copytree(python.parents[1] / "lib" / version / "site-packages" / "ccxt", root / "ccxt")
    options: dict[str, Any] = json.loads(run(python, "-c", PRINT, environment=told | {"PYTHONPATH": str(SCRIPTS)}))
    own = {
        "apiKey": options["apiKey"],
        "secret": options["secret"],
        "urls": options["urls"],
        "options": options["options"],
        "has": dict.fromkeys(ELSEWHERE, False),
    }
    (tmp_path / "keys.local.json").write_text(json.dumps({"binance": own}))
    skipped = {"orderBook": {"timestamp": "absent"}}
    (tmp_path / "skip-tests.json").write_text(json.dumps({"binance": {"preferredSpotSymbol": SYMBOL, "skipMethods": skipped}}))
    arguments = (str(SCRIPTS / "ccxt_own_tests.py"), "binance", SYMBOL, *lane, "--private", "--info")
    with busy_account(told["SPOT_URL"], key):  # its tests of sockets wait for orders, trades and balances of the account
        said = run(python, *arguments, environment=told | {"CCXT_ROOT": str(root), "PYTHONPATH": str(root)})
    assert "[TEST_FAILURE]" not in said, said[-8_000:]
    assert "TESTING DONE" in said, said[-8_000:]


PRINT: Final = "import json; from ccxt_options import OPTIONS; print(json.dumps(OPTIONS))"
