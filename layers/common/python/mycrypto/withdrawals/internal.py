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

from typing import Final
from uuid import UUID

from psycopg import Connection

from mycrypto import mail
from mycrypto.ids import new_uuid
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto.ledger.entries import FEES, Entry, Kind, Move, transit
from mycrypto.ledger.posting import post
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, to_numeric
from mycrypto.withdrawals import transitions
from mycrypto.withdrawals.payouts import payout_key
from mycrypto.withdrawals.rows import REFERENCE_TYPES
from mycrypto.withdrawals.transitions import Inside

NETWORK: Final = "INTERNAL"
REFERENCE_TYPE: Final = "INTERNAL_TRANSFER"


def complete_due(connection: Connection) -> int:
    """Book every approved withdrawal to a user here, in the caller's transaction; returns how many."""
    completed = transitions.complete_inside(connection)
    for done in completed:
        transfer_id = new_uuid()
        connection.execute(
            """INSERT INTO internal_transfers (id, transfer_id, sender_id, recipient_id, currency, amount, value_try, created_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (done.id, transfer_id, done.sender, done.recipient, done.currency, to_numeric(done.units), done.value_try, done.completed_at),
        )
        _book(connection, done, transfer_id)
        mail.add(
            connection,
            MailKind.WITHDRAWAL_STATUS,
            to=done.email,
            user_id=done.sender,
            amount=format_amount(done.units),
            currency=done.currency,
            status="COMPLETED",
        )
    return len(completed)


def _book(connection: Connection, due: Inside, transfer_id: UUID) -> None:
    crossing = Crossing(
        transfer_id=transfer_id,
        user_id=due.recipient,
        currency=due.currency,
        amount=due.units,
        kind=Kind.DEPOSIT,
        reference=(REFERENCE_TYPE, due.id),
        why=f"{due.currency} yatırma (platform içi transfer)",
    )
    into_trading(connection, crossing, source=transit(due.sender), moment=due.completed_at)
    if due.fee:
        fee = Move(amount=due.fee, currency=due.currency, source=transit(due.sender), target=FEES, kind=Kind.FEE)
        reference = (REFERENCE_TYPES["CRYPTO"], str(due.id))
        post(connection, [Entry(key=payout_key(due.id), why="Çekim ücreti", reference=reference, moment=due.completed_at, moves=(fee,))])
