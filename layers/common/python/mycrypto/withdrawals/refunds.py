"""A withdrawal that ended unpaid goes back into trading, fees included, exactly once."""

from __future__ import annotations

from psycopg import Connection

from mycrypto.ids import new_uuid
from mycrypto.ledger.crossing import Crossing, back_into_trading
from mycrypto.ledger.entries import Kind
from mycrypto.withdrawals import transitions
from mycrypto.withdrawals.rows import REFERENCE_TYPES


def start_due(connection: Connection) -> int:
    """Start every refund that is due, in the caller's transaction; returns how many.

    A refund is due for a withdrawal that ended unpaid after the engine had debited it: its sum is in the transit account. It does not matter who
    ended it, or whether the debit came before or after.
    """
    due = transitions.start_refunds(connection)
    for refund in due:
        back_into_trading(
            connection,
            Crossing(
                transfer_id=new_uuid(),
                user_id=refund.user_id,
                currency=refund.currency,
                amount=refund.total,
                kind=Kind.REFUND,
                reference=(REFERENCE_TYPES[refund.kind], refund.id),
                why="Çekim iadesi",
            ),
        )
    return len(due)
