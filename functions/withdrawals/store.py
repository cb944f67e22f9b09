"""SQL of the payout worker that belongs to no withdrawal's status."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from mycrypto.ids import new_uuid
from mycrypto.ledger import CUSTODY_HOT
from mycrypto.money import from_numeric
from mycrypto.withdrawals.rows import WithdrawalRow


def payee(connection: Connection, bank_account_id: UUID | None) -> str:
    """Whose account it is, as the user wrote it."""
    row = connection.execute("SELECT account_holder_name FROM bank_accounts WHERE id = %s", (bank_account_id,)).fetchone()
    return str(row[0]) if row else ""


def lock_hot_wallet(connection: Connection, currency: str) -> int:
    """What the hot wallet holds by the books, in units of 10^-8; one payout of a currency is judged at a time."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"hot-wallet:{currency}",))
    row = connection.execute(
        "SELECT -balance FROM ledger_accounts WHERE owner = %s AND kind = %s AND currency = %s",
        (CUSTODY_HOT.owner, CUSTODY_HOT.kind, currency),
    ).fetchone()
    return from_numeric(row[0]) if row else 0


def dispute(connection: Connection, row: WithdrawalRow, document: dict[str, str]) -> None:
    """The statement has something else than was asked for: a person decides. Reported once."""
    connection.execute(
        """INSERT INTO reconciliation_items (id, source, source_key, reason, currency, amount, document, user_id)
           VALUES (%s, %s, %s, 'PAYOUT_DISPUTED', %s, %s, %s, %s) ON CONFLICT (source, source_key, reason) DO NOTHING""",
        (new_uuid(), "BANK" if row.kind == "FIAT" else "CHAIN", str(row.id), row.currency, row.amount, Jsonb(document), row.user_id),
    )


def keep_fee(connection: Connection, currency: str, fee: Decimal, now: datetime) -> None:
    """What the network of a currency asks for now."""
    connection.execute(
        """INSERT INTO network_fees (currency, fee, observed_at) VALUES (%s, %s, %s)
           ON CONFLICT (currency) DO UPDATE SET fee = excluded.fee, observed_at = excluded.observed_at""",
        (currency, fee, now),
    )
