"""The tree: what is hashed, and how leaves become a root. Pure.

Every hash covers a text of ASCII characters after one byte that says what it is, so that a leaf can never pass for a node. Amounts are whole units of
10^-8, never negative and never above :data:`UNITS_MAX`. A node without a neighbour moves up as it is. ``web/public/verify_liabilities.py`` and
``web/src/money/liabilities.ts`` check the same by themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

UNITS_MAX: Final = 10**28 - 1
"""What the ledger can hold: ``NUMERIC(28, 8)``."""
NO_PREVIOUS: Final = bytes(32)
"""What the first publication names as the one before it."""


class SumError(ValueError):
    """An amount or a sum that no ledger could hold."""


class Leaf(NamedTuple):
    """A part of one balance. ``nonce`` hides whose it is."""

    user_id: UUID
    units: int
    nonce: bytes


class Node(NamedTuple):
    hash: bytes
    units: int


class Root(NamedTuple):
    """``leaves`` is how many there are; it is kept and not published."""

    currency: str
    hash: bytes
    units: int
    leaves: int


class Step(NamedTuple):
    """The neighbour at one level of the way up; ``left``: it is the left one."""

    left: bool
    node: Node


def leaf_node(number: int, currency: str, leaf: Leaf) -> Node:
    """Raises SumError."""
    text = f"{number}:{currency}:{leaf.user_id}:{_checked(leaf.units)}:{leaf.nonce.hex()}"
    return Node(_hash(b"\x00", text), leaf.units)


def joined(left: Node, right: Node) -> Node:
    """Raises SumError."""
    text = f"{left.hash.hex()}:{_checked(left.units)}:{right.hash.hex()}:{_checked(right.units)}"
    return Node(_hash(b"\x01", text), _checked(left.units + right.units))


def levels(leaves: Sequence[Node]) -> list[list[Node]]:
    """The leaves, what is above them, and so on up to the one root. Raises SumError."""
    found = [list(leaves)]
    while len(found[-1]) > 1:
        below = found[-1]
        above = [joined(below[place], below[place + 1]) for place in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        found.append(above)
    return found


def way_up(position: int, leaves: int) -> list[tuple[int, int, bool]]:
    """The neighbours of a leaf on its way to the root, as (level, position, whether it is the left one)."""
    found: list[tuple[int, int, bool]] = []
    level, count = 0, leaves
    while count > 1:
        neighbour = position ^ 1
        if neighbour < count:
            found.append((level, neighbour, neighbour < position))
        level, position, count = level + 1, position // 2, (count + 1) // 2
    return found


def root_of(leaf: Node, way: Sequence[Step]) -> Node:
    """What a leaf and its neighbours lead to. Raises SumError."""
    found = leaf
    for step in way:
        found = joined(step.node, found) if step.left else joined(found, step.node)
    return found


def publication_hash(number: int, event_number: int, taken_at: datetime, previous: bytes, roots: Sequence[Root]) -> bytes:
    """What names a publication, and all before it."""
    lines = [str(number), str(event_number), moment_text(taken_at), previous.hex()]
    lines += [f"{root.currency}:{root.hash.hex()}:{_checked(root.units)}" for root in sorted(roots)]
    return _hash(b"\x02", "\n".join(lines))


def moment_text(moment: datetime) -> str:
    """As it is hashed and shown."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def empty_root(number: int, currency: str) -> Node:
    """Of a currency that no user has."""
    return Node(_hash(b"\x03", f"{number}:{currency}"), 0)


def _checked(units: int) -> int:
    if not 0 <= units <= UNITS_MAX:
        raise SumError(f"{units} units are not between 0 and {UNITS_MAX}")
    return units


def _hash(kind: bytes, text: str) -> bytes:
    return hashlib.sha256(kind + text.encode("ascii")).digest()
