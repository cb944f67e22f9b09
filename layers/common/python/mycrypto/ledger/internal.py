"""A withdrawal to a deposit address of another user here never leaves: it is booked from one to the other.

The sender asks, and the engine takes the money out of trading, as for any withdrawal (and a person approves it where one must). Then, in one
transaction: the withdrawal is completed, the amount goes from the sender's transit account to the recipient's, the fee to the platform, and
the outbox gets the engine's ``Credit`` for the recipient. What happens when something dies:

- before the debit is settled: the withdrawal waits, and may be cancelled;
- after the debit, before this transaction: Lambda hands settlement the same events again, or staff press the button again;
- after it, before the command is on the log: the row waits in the outbox; sent twice, the engine knows the transfer's id;
- before settlement has posted the credit: the money is in the recipient's transit account, and the next batch posts it.

Each step has a key of its own: the withdrawal's id and status, ``crossing:`` and ``payout:`` in the ledger, the transfer's id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from mycrypto import mail
from mycrypto.ids import new_uuid
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto.ledger.entries import FEES, Entry, Kind, Move, transit
from mycrypto.ledger.posting import post
from mycrypto.ledger.refunds import REFERENCE_TYPES
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, from_numeric, to_numeric

NETWORK: Final = "INTERNAL"
REFERENCE_TYPE: Final = "INTERNAL_TRANSFER"

_COMPLETE: Final = """
UPDATE withdrawals SET status = 'COMPLETED', completed_at = now(), updated_at = now(), payout_reference = id::text
 WHERE id IN (
       SELECT id FROM withdrawals
        WHERE recipient_id IS NOT NULL AND status = 'APPROVED' AND debited_at IS NOT NULL
        ORDER BY id FOR UPDATE)
RETURNING id, user_id, recipient_id, currency, amount, platform_fee, value_try, email, completed_at
"""


class _Due(NamedTuple):
    id: UUID
    sender: UUID
    recipient: UUID
    currency: str
    units: int
    fee: int


def complete_due(connection: Connection) -> int:
    """Book every approved withdrawal to a user here, in the caller's transaction; returns how many."""
    rows = connection.execute(_COMPLETE).fetchall()
    for withdrawal_id, sender, recipient, currency, amount, fee, value, email, now in rows:
        due = _Due(withdrawal_id, sender, recipient, currency, from_numeric(amount), from_numeric(fee))
        transfer_id = new_uuid()
        connection.execute(
            """INSERT INTO internal_transfers (id, transfer_id, sender_id, recipient_id, currency, amount, value_try, created_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (due.id, transfer_id, due.sender, due.recipient, due.currency, to_numeric(due.units), value, now),
        )
        _book(connection, due, transfer_id, now)
        mail.add(
            connection,
            MailKind.WITHDRAWAL_STATUS,
            to=email,
            user_id=due.sender,
            amount=format_amount(due.units),
            currency=due.currency,
            status="COMPLETED",
        )
    return len(rows)


def _book(connection: Connection, due: _Due, transfer_id: UUID, now: datetime) -> None:
    crossing = Crossing(
        transfer_id=transfer_id,
        user_id=due.recipient,
        currency=due.currency,
        amount=due.units,
        kind=Kind.DEPOSIT,
        reference=(REFERENCE_TYPE, due.id),
        why=f"{due.currency} yatırma (platform içi transfer)",
    )
    into_trading(connection, crossing, source=transit(due.sender), moment=now)
    if due.fee:
        fee = Move(amount=due.fee, currency=due.currency, source=transit(due.sender), target=FEES, kind=Kind.FEE)
        reference = (REFERENCE_TYPES["CRYPTO"], str(due.id))
        post(connection, [Entry(key=f"payout:{due.id}", why="Çekim ücreti", reference=reference, moment=now, moves=(fee,))])
