"""The page judges proofs of liabilities as the script does."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest

from mycrypto.liabilities import splitting
from tests.unit.liabilities.conftest import proof_of
from tests.unit.liabilities.test_verifier import FORGERIES

WEB: Final = Path(__file__).parents[3] / "web"
OWN_FORM: Final = {"no nonce", "number", "no publication"}
"""Forgeries of the form: the API's types keep them from the page, which takes them for any other error."""


def test_the_page_believes_what_holds_and_nothing_else(tmp_path: Path) -> None:
    if not (WEB / "node_modules" / "vitest").exists() or shutil.which("npx") is None:
        pytest.skip("the page's tools are missing; get them with: npm ci --prefix web")
    user = UUID(int=2)
    proof = proof_of(user, splitting.leaves_of({UUID(int=1): 5, user: 12_345_678_901, UUID(int=4): 10**20}))
    cases: list[dict[str, Any]] = [{"name": "honest", "proof": proof, "balances": {"BTC": "12345678901"}}]
    for name, forge in FORGERIES.items():
        forged = copy.deepcopy(proof)
        forge(forged)
        if (
            name not in OWN_FORM and forged["publication"] == proof["publication"]
        ):  # the page takes what is published from the public endpoint
            cases.append({"name": name, "proof": forged, "balances": None})
    assert len(cases) > 15
    path = tmp_path / "proofs.json"
    path.write_bytes(msgspec.json.encode(cases))
    words = ["npx", "vitest", "run", "tests/liabilities.test.ts", "--reporter=dot"]
    done = subprocess.run(words, cwd=WEB, env={**os.environ, "PROOFS": str(path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-2_000:]
