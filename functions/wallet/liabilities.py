"""Proof of liabilities, for the public and for one user (ADR 0035)."""

from __future__ import annotations

from uuid import UUID

from functions.wallet.context import Context
from functions.wallet.liability_models import LiabilityProof, LiabilityPublication, LiabilityRoot, ProofBalance, ProofLeaf, ProofStep
from functions.wallet.models import PageQuery, Pagination
from functions.wallet.store import liabilities as store
from functions.wallet.store.liabilities import LeafRow, PublicationRow
from mycrypto.errors import ProblemError
from mycrypto.liabilities import tree
from mycrypto.liabilities.tree import Root
from mycrypto.money import format_amount

FORMAT = 1


def page(context: Context, query: PageQuery) -> tuple[list[LiabilityPublication], Pagination]:
    connection = context.db.connection()
    rows, total = store.page(connection, limit=query.limit, offset=query.offset)
    roots = store.roots(connection, [row.number for row in rows])
    return [_shown(row, roots[row.number]) for row in rows], Pagination.of(query, total)


def proof(context: Context, user_id: UUID, number: int | None) -> LiabilityProof:
    """Raises PUBLICATION_NOT_FOUND, also for one whose leaves are not kept any more."""
    with context.db.transaction() as connection:
        row = store.find(connection, number)
        if row is None:
            raise ProblemError("PUBLICATION_NOT_FOUND")
        roots = store.roots(connection, [row.number])[row.number]
        if any(root.leaves for root in roots) and not store.has_nodes(connection, row.number):
            raise ProblemError("PUBLICATION_NOT_FOUND", "proofs of this publication are not kept any more")
        leaves = store.leaves_of(connection, row.number, user_id)
        balances = []
        for root in roots:
            own = [leaf for leaf in leaves if leaf.currency == root.currency]
            ways = [tree.way_up(leaf.position, root.leaves) for leaf in own]
            nodes = store.nodes(connection, row.number, root.currency, {(level, place) for way in ways for level, place, _ in way})
            balances.append(
                _balance(
                    root, [(leaf, [_step(nodes[place[:2]], left=place[2]) for place in way]) for leaf, way in zip(own, ways, strict=True)]
                )
            )
    return LiabilityProof(FORMAT, _shown(row, roots), user_id, balances)


def _balance(root: Root, leaves: list[tuple[LeafRow, list[ProofStep]]]) -> ProofBalance:
    return ProofBalance(
        root.currency,
        format_amount(sum(row.leaf.units for row, _ in leaves)),
        [ProofLeaf(format_amount(row.leaf.units), row.leaf.nonce.hex(), way) for row, way in leaves],
    )


def _step(node: tree.Node, *, left: bool) -> ProofStep:
    return ProofStep("left" if left else "right", node.hash.hex(), format_amount(node.units))


def _shown(row: PublicationRow, roots: list[Root]) -> LiabilityPublication:
    return LiabilityPublication(
        number=row.number,
        event_number=row.event_number,
        taken_at=tree.moment_text(row.taken_at),
        previous=bytes(row.previous).hex(),
        hash=bytes(row.hash).hex(),
        currencies=[LiabilityRoot(root.currency, root.hash.hex(), format_amount(root.units)) for root in roots],
    )
