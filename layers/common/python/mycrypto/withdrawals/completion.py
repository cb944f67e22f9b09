"""A payout has ended: the money leaves custody, or starts on its way back; the user is told. In the caller's transaction, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection

from mycrypto import ledger, mail
from mycrypto.ledger import CUSTODY_BANK, CUSTODY_HOT, FEES, Entry, Kind, Move, transit
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, from_numeric
from mycrypto.withdrawals import payouts, refunds, transitions
from mycrypto.withdrawals.rows import REFERENCE_TYPES, WithdrawalRow


def complete(connection: Connection, withdrawal_id: UUID, reference: str, now: datetime) -> WithdrawalRow:
    """The money has left. Raises ``TransitionError`` where the withdrawal is not under way."""
    row = transitions.complete(connection, withdrawal_id, reference, now)
    custody = CUSTODY_BANK if row.kind == "FIAT" else CUSTODY_HOT
    parts = ((row.amount_units + from_numeric(row.network_fee), custody, Kind.WITHDRAWAL), (from_numeric(row.platform_fee), FEES, Kind.FEE))
    entry = Entry(
        key=payouts.payout_key(row.id),
        why="Çekim ödendi",
        reference=(REFERENCE_TYPES[row.kind], str(row.id)),
        moment=now,
        moves=tuple(
            Move(amount=units, currency=row.currency, source=transit(row.user_id), target=target, kind=kind)
            for units, target, kind in parts
            if units
        ),
    )
    ledger.post(connection, [entry])
    payouts.end(connection, row.id)
    tell(connection, row)
    return row


def fail(connection: Connection, withdrawal_id: UUID, reason: str, now: datetime, *, reference: str | None = None) -> WithdrawalRow:
    """It is proven that nothing left: the money goes back. Raises ``TransitionError`` where the withdrawal is not under way."""
    row = transitions.fail(connection, withdrawal_id, reason, now, reference=reference)
    payouts.end(connection, row.id)
    refunds.start_due(connection)
    tell(connection, row)
    return row


def tell(connection: Connection, row: WithdrawalRow) -> None:
    """A mail about where the withdrawal is now."""
    mail.add(
        connection,
        MailKind.WITHDRAWAL_STATUS,
        to=row.email,
        user_id=row.user_id,
        amount=format_amount(row.amount_units),
        currency=row.currency,
        status=row.status,
    )
