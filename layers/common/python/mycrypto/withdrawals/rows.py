"""A row of the table ``withdrawals``, and reading it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.money import from_numeric

REFERENCE_TYPES: Final = {"FIAT": "FIAT_WITHDRAWAL", "CRYPTO": "CRYPTO_WITHDRAWAL"}
"""How the ledger names what a posting belongs to, by kind of withdrawal."""


class WithdrawalRow(NamedTuple):
    id: UUID
    user_id: UUID
    kind: str
    currency: str
    amount: Decimal
    platform_fee: Decimal
    network_fee: Decimal
    bank_account_id: UUID | None
    destination: str
    network: str
    value_try: Decimal | None
    recipient_id: UUID | None
    status: str
    requires_approval: bool
    approvals_required: int
    email: str
    reason: str | None
    payout_reference: str | None
    confirmations: int
    created_at: datetime
    updated_at: datetime
    debited_at: datetime | None
    approved_at: datetime | None
    completed_at: datetime | None
    refund_started_at: datetime | None

    @property
    def amount_units(self) -> int:
        return from_numeric(self.amount)

    @property
    def fee_units(self) -> int:
        return from_numeric(self.platform_fee + self.network_fee)

    @property
    def total_units(self) -> int:
        return self.amount_units + self.fee_units


COLUMNS: Final = ", ".join(WithdrawalRow._fields)
SELECT: Final = f"SELECT {COLUMNS} FROM withdrawals"  # noqa: S608 - our own column names


def find(connection: Connection, withdrawal_id: UUID) -> WithdrawalRow | None:
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        return cursor.execute(f"{SELECT} WHERE id = %s", (withdrawal_id,)).fetchone()


def lock(connection: Connection, withdrawal_id: UUID) -> WithdrawalRow | None:
    """The row, locked until the end of the transaction."""
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        return cursor.execute(f"{SELECT} WHERE id = %s FOR UPDATE", (withdrawal_id,)).fetchone()
