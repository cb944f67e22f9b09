"""Whatever the balances are: the leaves add up to each, every proof holds, and no neighbour in a proof is a balance of another."""

from __future__ import annotations

from types import ModuleType
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mycrypto.liabilities import splitting, tree
from mycrypto.liabilities.tree import Step
from tests.unit.liabilities.conftest import proof_of, verifier

__all__ = ["verifier"]
BALANCES = st.dictionaries(st.integers(0, 10**6).map(lambda number: UUID(int=number)), st.integers(1, 10**26), min_size=1, max_size=8)


@settings(max_examples=60)
@given(balances=BALANCES)
def test_every_proof_holds(verifier: ModuleType, balances: dict[UUID, int]) -> None:
    leaves = splitting.leaves_of(balances)
    proofs = {user: proof_of(user, leaves) for user in balances}
    for user, proof in proofs.items():
        assert verifier.check(proof) == {"BTC": balances[user]}
        assert proof["publication"]["currencies"][0]["total"] == verifier.shown(sum(balances.values()))
    assert len({proof["publication"]["hash"] for proof in proofs.values()}) == 1


@settings(max_examples=60)
@given(balances=BALANCES)
def test_a_balance_of_more_than_a_unit_is_no_leaf(balances: dict[UUID, int]) -> None:
    leaves = splitting.leaves_of(balances)
    most = max(1, sum(balances.values()) // splitting.SHARE)
    for user, units in balances.items():
        own = [leaf.units for leaf in leaves if leaf.user_id == user]
        assert sum(own) == units
        assert all(0 < part <= most for part in own)
        assert units == 1 or len(own) > 1
    assert len({leaf.nonce for leaf in leaves}) == len(leaves)


@pytest.mark.parametrize("count", range(1, 34))
def test_every_leaf_of_any_tree_finds_the_root_by_a_way_of_its_own(count: int) -> None:
    leaves = [tree.Node(bytes([place]) * 32, place) for place in range(count)]
    levels = tree.levels(leaves)
    ways = set()
    for place, leaf in enumerate(leaves):
        way = [Step(left, levels[level][at]) for level, at, left in tree.way_up(place, count)]
        assert tree.root_of(leaf, way) == levels[-1][0]
        ways.add(tuple(step.left for step in way))
    assert len(ways) == count
    assert levels[-1][0].units == sum(range(count))
