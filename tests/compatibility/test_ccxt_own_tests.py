"""The tests that ccxt brings along, public and private: synchronous, asynchronous, and over sockets."""

from __future__ import annotations

import json
import re
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
    "fetchTransactionFees", "fetchAccounts", "fetchDepositsWithdrawals",
)  # fmt: skip
"""Of other kinds of markets, and of what Binance's wallet has more."""

ABSENT: Final = {"orderBook": dict.fromkeys(("timestamp",), "absent"), "depositWithdraw": dict.fromkeys(("updated", "fee"), "absent")}
"""Fields that ccxt's tests want of every exchange, and that no answer of Binance has."""


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
    (tmp_path / "skip-tests.json").write_text(json.dumps({"binance": {"preferredSpotSymbol": SYMBOL, "skipMethods": ABSENT}}))
    arguments = (str(SCRIPTS / "ccxt_own_tests.py"), "binance", SYMBOL, *lane, "--private", "--info")
    with busy_account(told["SPOT_URL"], key):  # its tests of sockets wait for orders, trades and balances of the account
        said = run(python, *arguments, environment=told | {"CCXT_ROOT": str(root), "PYTHONPATH": str(root)})
    assert "[TEST_FAILURE]" not in said, said[-8_000:]
    assert "could not be tested" not in said, said[-8_000:]  # ccxt warns of that only
    begun, done, left_out = (set(re.findall(pattern, said, re.MULTILINE)) for pattern in (BEGUN, DONE, LEFT_OUT))
    assert done, said[-8_000:]
    assert begun == done, begun - done
    print(f"{len(done)} methods tested: {', '.join(sorted(done))}")
    print("left out:", ", ".join(f"{method} ({why.lower()})" for why, method in sorted(left_out) if method not in done))


BEGUN: Final = r"^\[INFO\] TESTING +binance (\w+)"
DONE: Final = r"^\[INFO\] TESTING DONE +binance (\w+)"
LEFT_OUT: Final = r"^\[INFO\] (IGNORED|UNSUPPORTED|SKIPPED|UNIMPLEMENTED)_TEST +binance (\w+)"
PRINT: Final = "import json; from ccxt_options import OPTIONS; print(json.dumps(OPTIONS))"
