"""SQL of the nightly look at the partners' statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from mycrypto.ids import new_uuid
from mycrypto.money import from_numeric


class EndedRow(NamedTuple):
    """A withdrawal as its partner knows it: by the key of its payout or by its transaction. ``amount`` is a decimal string."""

    id: UUID
    user_id: UUID
    currency: str
    amount: str
    status: str
    key: str
    tx_hash: str
    network: str

    @property
    def units(self) -> int:
        return from_numeric(Decimal(self.amount))


class Difference(msgspec.Struct, frozen=True):
    """``left`` says whether the money is gone from the partner's side."""

    source: str
    key: str
    reason: str
    currency: str
    amount: str
    left: bool
    withdrawal: EndedRow | None = None


_SELECT: Final = """
SELECT withdrawal.id, withdrawal.user_id, withdrawal.currency, trim_scale(withdrawal.amount)::text, withdrawal.status,
       payout.idempotency_key, coalesce(payout.tx_hash, ''), withdrawal.network
  FROM withdrawals withdrawal JOIN payouts payout ON payout.withdrawal_id = withdrawal.id
"""


def by_keys(connection: Connection, keys: Sequence[str]) -> dict[str, EndedRow]:
    rows = connection.execute(f"{_SELECT} WHERE payout.idempotency_key = ANY(%s)", (list(keys),)).fetchall()
    return {row[5]: EndedRow(*row) for row in rows}


def by_transactions(connection: Connection, tx_hashes: Sequence[str]) -> dict[str, EndedRow]:
    rows = connection.execute(f"{_SELECT} WHERE payout.tx_hash = ANY(%s)", (list(tx_hashes),)).fetchall()
    return {row[6]: EndedRow(*row) for row in rows}


def completed(connection: Connection, kind: str, since: datetime, until: datetime) -> list[EndedRow]:
    """What the platform itself has paid out by a partner; what staff paid by hand has no payout of ours there."""
    rows = connection.execute(
        f"""{_SELECT} WHERE withdrawal.kind = %s AND withdrawal.status = 'COMPLETED' AND NOT payout.by_hand AND payout.attempts > 0
                       AND withdrawal.completed_at >= %s AND withdrawal.completed_at < %s ORDER BY withdrawal.completed_at""",
        (kind, since, until),
    ).fetchall()
    return [EndedRow(*row) for row in rows]


def keep(connection: Connection, difference: Difference) -> bool:
    """A reconciliation item, once; false if it is known."""
    row = difference.withdrawal
    document = {"outcome": "COMPLETED" if difference.left else "FAILED", "withdrawal_id": str(row.id) if row else None}
    cursor = connection.execute(
        """INSERT INTO reconciliation_items (id, source, source_key, reason, currency, amount, document, user_id)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (source, source_key, reason) DO NOTHING""",
        (
            new_uuid(),
            difference.source,
            difference.key,
            difference.reason,
            difference.currency,
            Decimal(difference.amount),
            Jsonb(document),
            row.user_id if row else None,
        ),
    )
    return cursor.rowcount == 1
