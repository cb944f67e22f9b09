"""The script finds every forgery: of a leaf, a sum, a way, a total, and of a user who was left out."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from mycrypto.liabilities import tree
from mycrypto.liabilities.tree import Leaf, Root
from tests.unit.liabilities.conftest import SCRIPT, proof_of, published

USER = UUID(int=2)


@pytest.fixture
def proof(leaves: list[Leaf]) -> dict[str, Any]:
    return proof_of(USER, leaves)


def test_an_honest_proof_holds(verifier: ModuleType, leaves: list[Leaf], proof: dict[str, Any]) -> None:
    assert verifier.check(proof) == {"BTC": 12_345_678_901}
    assert verifier.check(proof, {"data": [proof["publication"]]}) == {"BTC": 12_345_678_901}
    for user in (1, 3, 4, 5):
        other = proof_of(UUID(int=user), leaves)
        assert other["publication"] == proof["publication"]
        assert verifier.check(other) == {"BTC": {1: 5, 3: 0, 4: 10**20, 5: 1}[user]}


def _leaf(proof: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = proof["balances"][0]["leaves"][0]
    return found


def _total(proof: dict[str, Any], total: str) -> None:
    """A lower total, and a publication that is consistent in itself."""
    one = proof["publication"]["currencies"][0]
    one["total"] = total
    units = int(total.replace(".", "").ljust(9, "0"))
    proof["publication"]["hash"] = published([Root("BTC", bytes.fromhex(one["root"]), units, 0)])["hash"]


FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "amount of a leaf": lambda proof: _leaf(proof).update(amount="99999"),
    "negative leaf": lambda proof: _leaf(proof).update(amount="-1"),
    "nonce": lambda proof: _leaf(proof).update(nonce="00" * 32),
    "no nonce": lambda proof: _leaf(proof).pop("nonce"),
    "negative sum": lambda proof: _leaf(proof)["path"][0].update(sum="-0.00000001"),
    "smaller sum": lambda proof: _leaf(proof)["path"][-1].update(sum="0"),
    "overflowed sum": lambda proof: _leaf(proof)["path"][0].update(sum="99999999999999999999.99999999"),
    "longer than any amount": lambda proof: _leaf(proof)["path"][0].update(sum="9" * 400),
    "exponent": lambda proof: _leaf(proof)["path"][0].update(sum="1e3"),
    "number": lambda proof: _leaf(proof)["path"][0].update(sum=1),
    "other side": lambda proof: _leaf(proof)["path"][0].update(side={"left": "right", "right": "left"}[_leaf(proof)["path"][0]["side"]]),
    "no side": lambda proof: _leaf(proof)["path"][0].update(side="up"),
    "shorter way": lambda proof: _leaf(proof)["path"].pop(),
    "endless way": lambda proof: _leaf(proof)["path"].extend([_leaf(proof)["path"][0]] * 100),
    "leaf left out": lambda proof: proof["balances"][0]["leaves"].pop(),
    "leaf twice": lambda proof: proof["balances"][0]["leaves"].append(_leaf(proof)),
    "another's balance": lambda proof: proof.update(user_id=str(UUID(int=4))),
    "higher balance": lambda proof: proof["balances"][0].update(balance="200"),
    "no balances": lambda proof: proof.update(balances=[]),
    "balance twice": lambda proof: proof["balances"].append(proof["balances"][0]),
    "unknown currency": lambda proof: proof["balances"][0].update(currency="ETH"),
    "total": lambda proof: proof["publication"]["currencies"][0].update(total="0"),
    "total with its hash": lambda proof: _total(proof, "1"),
    "root": lambda proof: proof["publication"]["currencies"][0].update(root="11" * 32),
    "event number": lambda proof: proof["publication"].update(event_number=100),
    "previous publication": lambda proof: proof["publication"].update(previous="11" * 32),
    "currency twice": lambda proof: proof["publication"]["currencies"].append(proof["publication"]["currencies"][0]),
    "newer format": lambda proof: proof.update(format=2),
    "no publication": lambda proof: proof.pop("publication"),
    "list in place of a proof": lambda proof: proof.update(publication=[]),
    "letters that are no ASCII": lambda proof: proof["publication"].update(taken_at="ğ"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_proof_is_found(verifier: ModuleType, proof: dict[str, Any], forgery: str) -> None:
    forged = copy.deepcopy(proof)
    FORGERIES[forgery](forged)
    with pytest.raises(verifier.ForgedError):
        verifier.check(forged)


def test_a_user_who_was_left_out_cannot_be_shown_a_proof(verifier: ModuleType, leaves: list[Leaf], proof: dict[str, Any]) -> None:
    """The platform publishes a tree without him, and shows him the leaves of the whole one."""
    without = proof_of(UUID(int=1), [leaf for leaf in leaves if leaf.user_id != USER])
    proof["publication"] = without["publication"]
    with pytest.raises(verifier.ForgedError, match="does not lead to the published root"):
        verifier.check(proof)


def test_two_users_cannot_be_shown_one_leaf(verifier: ModuleType, leaves: list[Leaf]) -> None:
    proof = proof_of(UUID(int=5), leaves) | {"user_id": str(UUID(int=6))}
    with pytest.raises(verifier.ForgedError):
        verifier.check(proof)


def test_a_proof_about_another_publication_is_found(verifier: ModuleType, proof: dict[str, Any]) -> None:
    with pytest.raises(verifier.ForgedError, match="not among the published"):
        verifier.check(proof, {"data": [proof["publication"] | {"number": 8}]})


def test_a_node_cannot_pass_for_a_leaf(verifier: ModuleType, leaves: list[Leaf]) -> None:
    """Without a mark of what is hashed, a text that is a node's could be claimed to be a leaf's."""
    nodes = tree.levels([tree.leaf_node(7, "BTC", leaf) for leaf in leaves])
    left, right = nodes[0][0], nodes[0][1]
    text = f"{left.hash.hex()}:{left.units}:{right.hash.hex()}:{right.units}"
    assert verifier.hashed(b"\x00", text) != nodes[1][0].hash.hex() == verifier.hashed(b"\x01", text)


@pytest.mark.parametrize("units", [-1, 10**28])
def test_the_tree_takes_no_amount_that_no_ledger_holds(units: int) -> None:
    with pytest.raises(tree.SumError):
        tree.leaf_node(1, "TRY", Leaf(USER, units, bytes(32)))
    with pytest.raises(tree.SumError):
        tree.joined(tree.Node(bytes(32), 10**28 - 1), tree.Node(bytes(32), 1))


def test_the_script_needs_no_other_module(proof: dict[str, Any], tmp_path: Path) -> None:
    def run(*files: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-I", SCRIPT, *files], capture_output=True, text=True, check=False)

    file, others = tmp_path / "proof.json", tmp_path / "published.json"
    file.write_text(json.dumps(proof))
    others.write_text(json.dumps({"data": [proof["publication"]]}))
    held = run(file, Path("--published"), others)
    assert (held.returncode, held.stderr) == (0, "")
    assert "BTC: 123.45678901 of 1000000000123.45678907" in held.stdout
    proof["balances"][0]["leaves"].pop()
    file.write_text(json.dumps(proof))
    assert run(file).returncode == 1
    file.write_text("[" * 100_000)
    assert run(file).returncode == 2
