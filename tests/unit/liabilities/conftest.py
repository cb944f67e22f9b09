"""The script that users check their proofs with, as a module, and proofs made by the tree alone."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from mycrypto.liabilities import splitting, tree
from mycrypto.liabilities.tree import Leaf, Root
from mycrypto.money import format_amount

SCRIPT = Path(__file__).parents[3] / "web" / "public" / "verify_liabilities.py"
TAKEN = datetime(2026, 11, 30, 0, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_liabilities", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def published(roots: list[Root], number: int = 7) -> dict[str, Any]:
    """As the public endpoint shows it."""
    return {
        "number": number,
        "event_number": 99,
        "taken_at": tree.moment_text(TAKEN),
        "previous": "00" * 32,
        "hash": tree.publication_hash(number, 99, TAKEN, bytes(32), roots).hex(),
        "currencies": [{"currency": root.currency, "root": root.hash.hex(), "total": format_amount(root.units)} for root in roots],
    }


def proof_of(user: UUID, leaves: list[Leaf], currency: str = "BTC", number: int = 7) -> dict[str, Any]:
    """The proof of a user in a tree of these leaves, in this order."""
    nodes = tree.levels([tree.leaf_node(number, currency, leaf) for leaf in leaves])
    top = nodes[-1][0] if leaves else tree.empty_root(number, currency)
    own = [
        {
            "amount": format_amount(leaf.units),
            "nonce": leaf.nonce.hex(),
            "path": [
                {"side": "left" if left else "right", "hash": nodes[level][at].hash.hex(), "sum": format_amount(nodes[level][at].units)}
                for level, at, left in tree.way_up(place, len(leaves))
            ],
        }
        for place, leaf in enumerate(leaves)
        if leaf.user_id == user
    ]
    balance = {"currency": currency, "balance": format_amount(sum(leaf.units for leaf in leaves if leaf.user_id == user)), "leaves": own}
    return {
        "format": 1,
        "publication": published([Root(currency, top.hash, top.units, len(leaves))]),
        "user_id": str(user),
        "balances": [balance],
    }


@pytest.fixture
def leaves() -> list[Leaf]:
    """Five users, the third with nothing."""
    return splitting.leaves_of({UUID(int=1): 5, UUID(int=2): 123_456_789_01, UUID(int=4): 10**20, UUID(int=5): 1})
