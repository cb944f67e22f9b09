"""A withdrawal that ended unpaid goes back into trading, fees included, exactly once."""

from __future__ import annotations

from typing import Final

from psycopg import Connection

from mycrypto.ids import new_uuid
from mycrypto.ledger.crossing import Crossing, back_into_trading
from mycrypto.ledger.entries import Kind
from mycrypto.money import from_numeric

REFERENCE_TYPES: Final = {"FIAT": "FIAT_WITHDRAWAL", "CRYPTO": "CRYPTO_WITHDRAWAL"}

_START = """
UPDATE withdrawals SET refund_started_at = now(), updated_at = now()
 WHERE id IN (
       SELECT id FROM withdrawals
        WHERE status IN ('CANCELLED', 'REJECTED', 'FAILED') AND debited_at IS NOT NULL AND refund_started_at IS NULL
        ORDER BY id FOR UPDATE)
RETURNING id, user_id, kind, currency, amount + platform_fee + network_fee
"""


def start_due(connection: Connection) -> int:
    """Start every refund that is due, in the caller's transaction; returns how many.

    Due is what ended unpaid after the engine had taken the money: its sum is in transit, whoever ended it and whenever the debit came.
    """
    rows = connection.execute(_START).fetchall()
    for withdrawal_id, user_id, kind, currency, total in rows:
        back_into_trading(
            connection,
            Crossing(
                transfer_id=new_uuid(),
                user_id=user_id,
                currency=currency,
                amount=from_numeric(total),
                kind=Kind.REFUND,
                reference=(REFERENCE_TYPES[kind], withdrawal_id),
                why="Çekim iadesi",
            ),
        )
    return len(rows)
