"""The tables ``reconciliation_items`` and ``reconciliation_proposals``: what a person has to look at, and what became of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from functions.wallet.reports import OTHER_CURRENCY, UNREADABLE
from mycrypto.ids import new_uuid
from mycrypto.money import from_numeric


class ItemRow(NamedTuple):
    id: UUID
    source: str
    source_key: str
    reason: str
    currency: str
    amount: Decimal
    booked: Decimal
    withheld: Decimal
    user_id: UUID | None
    document: dict[str, Any]
    status: str
    resolution: str | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None


class ProposalRow(NamedTuple):
    id: UUID
    item_id: UUID
    action: str
    user_id: UUID | None
    currency: str
    amount: Decimal
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    status: str
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None

    @property
    def units(self) -> int:
        return from_numeric(self.amount)


class Person(NamedTuple):
    id: UUID
    email: str
    status: str


_ITEM = f"SELECT {', '.join(ItemRow._fields)} FROM reconciliation_items"  # noqa: S608 - our own column names
_PROPOSAL = f"SELECT {', '.join(ProposalRow._fields)} FROM reconciliation_proposals"  # noqa: S608 - our own column names


def report(
    connection: Connection,
    source: str,
    source_key: str,
    reason: str,
    *,
    currency: str,
    amount: Decimal,
    document: dict[str, Any],
    user_id: UUID | None = None,
    booked: Decimal = Decimal(0),
    withheld: Decimal = Decimal(0),
) -> bool:
    """Keep something that fits nothing; false if it was kept before. ``document`` is what was reported."""
    cursor = connection.execute(
        """INSERT INTO reconciliation_items (id, source, source_key, reason, currency, amount, document, user_id, booked, withheld)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (source, source_key, reason) DO NOTHING""",
        (new_uuid(), source, source_key, reason, currency, amount, Jsonb(document), user_id, booked, withheld),
    )
    return cursor.rowcount == 1


def find(connection: Connection, item_id: UUID) -> ItemRow | None:
    with connection.cursor(row_factory=class_row(ItemRow)) as cursor:
        return cursor.execute(f"{_ITEM} WHERE id = %s", (item_id,)).fetchone()


def lock(connection: Connection, item_id: UUID) -> ItemRow | None:
    with connection.cursor(row_factory=class_row(ItemRow)) as cursor:
        return cursor.execute(f"{_ITEM} WHERE id = %s FOR UPDATE", (item_id,)).fetchone()


def lock_by_key(connection: Connection, source: str, source_key: str, reason: str) -> ItemRow | None:
    with connection.cursor(row_factory=class_row(ItemRow)) as cursor:
        return cursor.execute(
            f"{_ITEM} WHERE source = %s AND source_key = %s AND reason = %s FOR UPDATE", (source, source_key, reason)
        ).fetchone()


def page(
    connection: Connection,
    *,
    status: str | None,
    source: str | None,
    reason: str | None,
    user_id: UUID | None,
    limit: int,
    offset: int,
) -> tuple[list[ItemRow], int]:
    """A page of items, oldest first, and how many there are; ``None`` does not narrow."""
    narrowed = """WHERE (%(status)s::text IS NULL OR status = %(status)s) AND (%(source)s::text IS NULL OR source = %(source)s)
                    AND (%(reason)s::text IS NULL OR reason = %(reason)s) AND (%(user)s::uuid IS NULL OR user_id = %(user)s)"""
    values = {"status": status, "source": source, "reason": reason, "user": user_id, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(ItemRow)) as cursor:
        rows = cursor.execute(f"{_ITEM} {narrowed} ORDER BY created_at, id LIMIT %(limit)s OFFSET %(offset)s", values).fetchall()
    counted = connection.execute(f"SELECT count(*) FROM reconciliation_items {narrowed}", values).fetchone()  # noqa: S608 - constant text
    return rows, int(counted[0]) if counted else 0


def set_status(connection: Connection, item_id: UUID, status: str, now: datetime, *, resolution: str | None = None) -> None:
    """Where the item stands; the moment of its end is kept when this is it."""
    connection.execute(
        """UPDATE reconciliation_items SET status = %(status)s, resolution = %(resolution)s, updated_at = %(now)s,
                  resolved_at = CASE WHEN %(status)s = 'RESOLVED' THEN %(now)s END WHERE id = %(id)s""",
        {"id": item_id, "status": status, "now": now, "resolution": resolution},
    )


def book(connection: Connection, item_id: UUID, currency: str, amount: Decimal) -> None:
    """The ledger says now that the money came in."""
    connection.execute("UPDATE reconciliation_items SET booked = %s, currency = %s WHERE id = %s", (amount, currency, item_id))


def settle_unread(connection: Connection, source: str, source_key: str, now: datetime) -> bool:
    """A report that could not be read, or named another currency, has come again and is clear: the first one needs no decision any more.

    False if staff has already decided about its money, so that it must not be credited once more.
    """
    for reason in (UNREADABLE, OTHER_CURRENCY):
        item = lock_by_key(connection, source, source_key, reason)
        if item is None or (item.status == "RESOLVED" and item.resolution in {"OVERTAKEN", "WRITE_OFF"} and item.booked == 0):
            continue
        if item.status not in {"OPEN", "PROPOSED"}:
            return False
        overtake(connection, item, now, resolution="OVERTAKEN")
    return True


def overtake(connection: Connection, item: ItemRow, now: datetime, *, resolution: str) -> None:
    """An event has settled the item; open proposals are not needed any more."""
    for proposal in proposals(connection, item.id):
        if proposal.status == "PROPOSED":
            decide(connection, proposal.id, "OVERTAKEN", now)
    set_status(connection, item.id, "RESOLVED", now, resolution=resolution)


def credited_to(connection: Connection, source: str, source_key: str) -> UUID | None:
    """Whom staff gave the money of an item to, if they did."""
    row = connection.execute(
        """SELECT proposal.user_id FROM reconciliation_items item JOIN reconciliation_proposals proposal ON proposal.item_id = item.id
            WHERE item.source = %s AND item.source_key = %s AND item.status = 'RESOLVED'
              AND proposal.status = 'APPROVED' AND proposal.action = 'CREDIT'""",
        (source, source_key),
    ).fetchone()
    return row[0] if row else None


def propose(connection: Connection, row: ProposalRow) -> None:
    marks = ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO reconciliation_proposals ({', '.join(row._fields)}) VALUES ({marks})", row)  # noqa: S608 - our own column names


def proposals(connection: Connection, item_id: UUID) -> list[ProposalRow]:
    """All that was proposed for an item, oldest first."""
    with connection.cursor(row_factory=class_row(ProposalRow)) as cursor:
        return cursor.execute(f"{_PROPOSAL} WHERE item_id = %s ORDER BY proposed_at, id", (item_id,)).fetchall()


def decide(
    connection: Connection, proposal_id: UUID, status: str, now: datetime, *, decided_by: UUID | None = None, reason: str | None = None
) -> None:
    connection.execute(
        "UPDATE reconciliation_proposals SET status = %s, decided_by = %s, decided_at = %s, decision_reason = %s WHERE id = %s",
        (status, decided_by, now, reason, proposal_id),
    )


def person(connection: Connection, user_id: UUID) -> Person | None:
    """A user, as far as the wallet may know them."""
    row = connection.execute("SELECT id, email, status FROM users WHERE id = %s", (user_id,)).fetchone()
    return Person(*row) if row else None
