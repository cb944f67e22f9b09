"""What is read of the tables ``liability_publications``, ``liability_roots`` and ``liability_nodes``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto import arrays
from mycrypto.liabilities.tree import Leaf, Node, Root
from mycrypto.money import from_numeric


class PublicationRow(NamedTuple):
    number: int
    event_number: int
    taken_at: datetime
    previous: bytes
    hash: bytes


class LeafRow(NamedTuple):
    currency: str
    position: int
    leaf: Leaf


_SELECT = "SELECT number, event_number, taken_at, previous, hash FROM liability_publications"


def page(connection: Connection, *, limit: int, offset: int) -> tuple[list[PublicationRow], int]:
    """Newest first, and how many there are."""
    with connection.cursor(row_factory=class_row(PublicationRow)) as cursor:
        rows = cursor.execute(f"{_SELECT} ORDER BY number DESC LIMIT %s OFFSET %s", (limit, offset)).fetchall()
    counted = connection.execute("SELECT coalesce(max(number), 0) FROM liability_publications").fetchone()  # numbers have no gaps
    return rows, int(counted[0]) if counted else 0


def find(connection: Connection, number: int | None) -> PublicationRow | None:
    """The one of a number, or the newest."""
    with connection.cursor(row_factory=class_row(PublicationRow)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE %s::bigint IS NULL OR number = %s ORDER BY number DESC LIMIT 1", (number, number)
        ).fetchone()


def roots(connection: Connection, numbers: list[int]) -> dict[int, list[Root]]:
    """By publication, each in the order of the currencies' codes."""
    found: dict[int, list[Root]] = {number: [] for number in numbers}
    for number, currency, root_hash, total, leaves in connection.execute(
        "SELECT number, currency, hash, total, leaves FROM liability_roots WHERE number = ANY(%s) ORDER BY number, currency", (numbers,)
    ):
        found[number].append(Root(currency, bytes(root_hash), from_numeric(total), leaves))
    return found


def has_nodes(connection: Connection, number: int) -> bool:
    """Whether proofs of it can still be had."""
    row = connection.execute("SELECT EXISTS (SELECT FROM liability_nodes WHERE number = %s)", (number,)).fetchone()
    return bool(row and row[0])


def leaves_of(connection: Connection, number: int, user_id: UUID) -> list[LeafRow]:
    rows = connection.execute(
        "SELECT currency, position, amount, nonce FROM liability_nodes WHERE user_id = %s AND number = %s ORDER BY currency, position",
        (user_id, number),
    ).fetchall()
    return [LeafRow(currency, position, Leaf(user_id, from_numeric(amount), bytes(nonce))) for currency, position, amount, nonce in rows]


def nodes(connection: Connection, number: int, currency: str, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Node]:
    """Nodes of a tree by level and position."""
    wanted = list(places)
    rows = connection.execute(
        """SELECT level, position, hash, amount FROM unnest(%s::smallint[], %s::bigint[]) AS wanted(level, position)
             JOIN liability_nodes USING (level, position) WHERE number = %s AND currency = %s""",
        (arrays.numbers(level for level, _ in wanted), arrays.numbers(position for _, position in wanted), number, currency),
    ).fetchall()
    return {(level, position): Node(bytes(node_hash), from_numeric(amount)) for level, position, node_hash, amount in rows}
