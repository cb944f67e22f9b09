"""The tables ``deposit_requests`` and ``bank_transfers``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from functions.wallet.iban import normalise
from functions.wallet.reports import Transfer
from mycrypto.money import from_numeric, to_numeric
from mycrypto.spelling import words


class DepositRow(NamedTuple):
    """``iban`` and ``holder_name`` are the sender's as announced."""

    id: UUID
    user_id: UUID
    bank_account_id: UUID
    iban: str
    holder_name: str
    currency: str
    amount: Decimal
    virtual_iban: str
    reference: str
    status: str
    email: str
    created_at: datetime
    expires_at: datetime
    approved_at: datetime | None
    completed_at: datetime | None

    @property
    def units(self) -> int:
        """The amount in units of 10^-8."""
        return from_numeric(self.amount)


_SELECT = """
SELECT deposit.id, deposit.user_id, deposit.bank_account_id, account.iban, account.account_holder_name AS holder_name,
       deposit.currency, deposit.amount, deposit.virtual_iban, deposit.reference, deposit.status, deposit.email, deposit.created_at, deposit.expires_at, deposit.approved_at, deposit.completed_at
  FROM deposit_requests deposit JOIN bank_accounts account ON account.id = deposit.bank_account_id
"""


def insert(connection: Connection, row: DepositRow) -> bool:
    """False if the reference is taken."""
    cursor = connection.execute(
        """INSERT INTO deposit_requests
                  (id, user_id, bank_account_id, currency, amount, virtual_iban, reference, status, email, created_at, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (reference) DO NOTHING""",
        (
            row.id,
            row.user_id,
            row.bank_account_id,
            row.currency,
            row.amount,
            row.virtual_iban,
            row.reference,
            row.status,
            row.email,
            row.created_at,
            row.expires_at,
        ),
    )
    return cursor.rowcount == 1


def find(connection: Connection, user_id: UUID, deposit_id: UUID) -> DepositRow | None:
    """The user's deposit of this id."""
    with connection.cursor(row_factory=class_row(DepositRow)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE deposit.id = %s AND deposit.user_id = %s", (deposit_id, user_id)).fetchone()


def page(connection: Connection, user_id: UUID, *, limit: int, offset: int) -> tuple[list[DepositRow], int]:
    """A page of the user's deposits, newest first, and how many there are."""
    with connection.cursor(row_factory=class_row(DepositRow)) as cursor:
        rows = cursor.execute(
            f"{_SELECT} WHERE deposit.user_id = %s ORDER BY deposit.created_at DESC, deposit.id DESC LIMIT %s OFFSET %s",
            (user_id, limit, offset),
        ).fetchall()
    counted = connection.execute("SELECT count(*) FROM deposit_requests WHERE user_id = %s", (user_id,)).fetchone()
    return rows, int(counted[0]) if counted else 0


def lock_by_references(connection: Connection, references: Sequence[str]) -> list[DepositRow]:
    """The deposits that have one of these references, locked."""
    with connection.cursor(row_factory=class_row(DepositRow)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE deposit.reference = ANY(%s) ORDER BY deposit.id FOR UPDATE OF deposit", (list(references),)
        ).fetchall()


def lock(connection: Connection, user_id: UUID, deposit_id: UUID) -> DepositRow | None:
    """The user's deposit of this id, locked."""
    with connection.cursor(row_factory=class_row(DepositRow)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE deposit.id = %s AND deposit.user_id = %s FOR UPDATE OF deposit", (deposit_id, user_id)
        ).fetchone()


def cancel(connection: Connection, deposit_id: UUID) -> None:
    """The user will not send it."""
    connection.execute("UPDATE deposit_requests SET status = 'CANCELLED' WHERE id = %s", (deposit_id,))


def approve(connection: Connection, deposit_id: UUID, now: datetime) -> None:
    """The bank has confirmed the transfer."""
    connection.execute("UPDATE deposit_requests SET status = 'APPROVED', approved_at = %s WHERE id = %s", (now, deposit_id))


def record_transfer(connection: Connection, transfer: Transfer, units: int, deposit_id: UUID | None) -> bool:
    """Keep what the bank reported; false if this transaction id is known."""
    cursor = connection.execute(
        """INSERT INTO bank_transfers (transaction_id, reference, amount, sender_iban, sender_name, deposit_id)
           VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (transaction_id) DO NOTHING""",
        (transfer.id, transfer.reference, to_numeric(units), transfer.sender_iban, transfer.sender_name, deposit_id),
    )
    return cursor.rowcount == 1


def is_known(connection: Connection, transfer: Transfer) -> bool:
    """Whether a transfer of this transaction id was taken before."""
    return connection.execute("SELECT FROM bank_transfers WHERE transaction_id = %s", (transfer.id,)).fetchone() is not None


def same_transfer(connection: Connection, transfer: Transfer, units: int) -> bool:
    """Whether the known transfer of this transaction id says the same, however it spells it."""
    row = connection.execute(
        "SELECT reference, amount, sender_iban FROM bank_transfers WHERE transaction_id = %s", (transfer.id,)
    ).fetchone()
    said = ("".join(words(transfer.reference)), to_numeric(units), transfer.sender_iban)
    return row is not None and ("".join(words(row[0])), row[1], normalise(row[2])) == said
