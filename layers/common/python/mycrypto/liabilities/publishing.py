"""Takes what is owed to users from the ledger, on one view of the database, and publishes a tree of each currency.

What is owed to a user is the account ``spot`` (free and in orders) and the account ``transit`` (on its way in or out). One transaction reads the
balances, the number of the last event that they contain, and writes the publication: it is there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from psycopg import Connection, IsolationLevel

from mycrypto import arrays, currencies
from mycrypto.liabilities import splitting, tree
from mycrypto.liabilities.tree import Leaf, Node, Root
from mycrypto.money import from_numeric, to_numeric

T = TypeVar("T")

KEPT: Final = timedelta(days=90)
"""How long a user may ask for his part of a publication. Its roots and totals stay for good."""
ROWS_AT_ONCE: Final = 10_000


class LiabilitiesError(RuntimeError):
    """The tree does not add up to what the ledger owes; nothing was published."""


class Publication(msgspec.Struct, frozen=True):
    number: int
    event_number: int
    taken_at: datetime
    previous: bytes
    hash: bytes
    roots: tuple[Root, ...]


def publish(connection: Connection, now: datetime, *, once_a_day: bool = False) -> Publication | None:
    """Publish; ``None`` if the day (UTC) has a publication already and one is enough. Raises LiabilitiesError, and UniqueViolation if two publish at once.

    The connection must not be in a transaction.
    """
    before = connection.isolation_level
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction():
            return _publish(connection, now.replace(microsecond=0), once_a_day=once_a_day)
    finally:
        connection.isolation_level = before


def _publish(connection: Connection, now: datetime, *, once_a_day: bool) -> Publication | None:
    last = connection.execute("SELECT number, hash, taken_at FROM liability_publications ORDER BY number DESC LIMIT 1").fetchone()
    if last and once_a_day and last[2].astimezone(now.tzinfo).date() >= now.date():
        return None
    number, previous = (last[0] + 1, bytes(last[1])) if last else (1, tree.NO_PREVIOUS)
    row = connection.execute("SELECT coalesce(max(seq), 0) FROM projection_watermark").fetchone()
    event_number = int(row[0]) if row else 0
    owed = _owed(connection)
    roots: list[Root] = []
    for currency in sorted({*currencies.SUPPORTED, *owed}):
        leaves = splitting.leaves_of(owed.get(currency, {}))
        nodes = tree.levels([tree.leaf_node(number, currency, leaf) for leaf in leaves])
        top = nodes[-1][0] if leaves else tree.empty_root(number, currency)
        roots.append(Root(currency, top.hash, top.units, len(leaves)))
        _keep_nodes(connection, number, currency, leaves, nodes)
    _require_ledger_totals(connection, roots)
    found = tree.publication_hash(number, event_number, now, previous, roots)
    connection.execute(
        "INSERT INTO liability_publications (number, event_number, taken_at, previous, hash) VALUES (%s, %s, %s, %s, %s)",
        (number, event_number, now, previous, found),
    )
    for root in roots:
        connection.execute(
            "INSERT INTO liability_roots (number, currency, hash, total, leaves) VALUES (%s, %s, %s, %s, %s)",
            (number, root.currency, root.hash, to_numeric(root.units), root.leaves),
        )
    return Publication(number, event_number, now, previous, found, tuple(roots))


def _owed(connection: Connection) -> dict[str, dict[UUID, int]]:
    """Units by currency and user; who is owed nothing is left out."""
    found: dict[str, dict[UUID, int]] = {}
    for currency, owner, balance in connection.execute(
        """SELECT currency, owner, sum(balance) FROM ledger_accounts WHERE kind IN ('spot', 'transit')
            GROUP BY currency, owner HAVING sum(balance) <> 0 ORDER BY currency, owner"""
    ):
        found.setdefault(currency, {})[owner] = from_numeric(balance)
    return found


def _require_ledger_totals(connection: Connection, roots: Sequence[Root]) -> None:
    """The custody accounts and the platform's own give the other side of the books: what they do not explain is owed to users."""
    rows = connection.execute(
        "SELECT currency, -sum(balance) FROM ledger_accounts WHERE kind NOT IN ('spot', 'transit') GROUP BY currency"
    ).fetchall()
    owed = {currency: from_numeric(total) for currency, total in rows}
    for root in roots:
        if root.units != owed.get(root.currency, 0):
            raise LiabilitiesError(f"{root.currency}: the tree says {root.units}, the ledger {owed.get(root.currency, 0)} units")


def _keep_nodes(connection: Connection, number: int, currency: str, leaves: Sequence[Leaf], nodes: Sequence[Sequence[Node]]) -> None:
    for place, leaf_nodes in _chunks(list(zip(leaves, nodes[0], strict=True))):
        connection.execute(
            """INSERT INTO liability_nodes (number, currency, level, position, hash, amount, user_id, nonce)
               SELECT %s, %s, 0, %s - 1 + place, given.hash, units * 0.00000001, user_id, nonce
                 FROM unnest(%s::bytea[], %s::numeric[], %s::uuid[], %s::bytea[]) WITH ORDINALITY AS given(hash, units, user_id, nonce, place)""",
            (
                number,
                currency,
                place,
                [node.hash for _, node in leaf_nodes],
                arrays.numbers(node.units for _, node in leaf_nodes),
                arrays.ids(leaf.user_id.bytes for leaf, _ in leaf_nodes),
                [leaf.nonce for leaf, _ in leaf_nodes],
            ),
        )
    for level, row in enumerate(nodes[1:-1], 1):
        for place, inner in _chunks(row):
            connection.execute(
                """INSERT INTO liability_nodes (number, currency, level, position, hash, amount)
                   SELECT %s, %s, %s, %s - 1 + place, given.hash, units * 0.00000001
                     FROM unnest(%s::bytea[], %s::numeric[]) WITH ORDINALITY AS given(hash, units, place)""",
                (number, currency, level, place, [node.hash for node in inner], arrays.numbers(node.units for node in inner)),
            )


def _chunks(rows: Iterable[T]) -> Iterable[tuple[int, list[T]]]:
    place, rest = 0, iter(rows)
    while chunk := list(islice(rest, ROWS_AT_ONCE)):
        yield place, chunk
        place += len(chunk)


def forget(connection: Connection, now: datetime, rows_max: int) -> int:
    """Drop leaves and nodes of publications that are older than they are kept; returns how many rows went."""
    return connection.execute(
        """DELETE FROM liability_nodes WHERE ctid = ANY (ARRAY(
               SELECT node.ctid FROM liability_nodes node JOIN liability_publications USING (number) WHERE taken_at < %s LIMIT %s))""",
        (now - KEPT, rows_max),
    ).rowcount
