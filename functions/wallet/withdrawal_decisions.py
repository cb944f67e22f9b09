"""A withdrawal that waits is let go, refused, or called back by its user."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection

from functions.wallet import holds
from functions.wallet import withdrawal_records as records
from functions.wallet.context import Context
from functions.wallet.models import Withdrawal
from functions.wallet.store import withdrawals as store
from functions.wallet.store.withdrawals import WithdrawalRow
from functions.wallet.withdrawals import one
from mycrypto import balance_cache
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal, Request
from mycrypto.ledger import internal
from mycrypto.ledger.refunds import start_due
from mycrypto.mail import MailKind


def cancel(context: Context, request: Request, user_id: UUID, withdrawal_id: UUID) -> Withdrawal:
    """The user thinks better of it. Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS once it is approved."""
    with context.db.transaction() as connection:
        row = store.lock(connection, withdrawal_id)
        if row is None or row.user_id != user_id:
            raise ProblemError("WITHDRAWAL_NOT_FOUND")
        _end_unpaid(connection, row, "CANCELLED", "USER", context.now())
        records.note(connection, "withdrawal.cancelled", row, request, actor=user_id)
    return _decided(context, row)


def approve(context: Context, request: Request, staff: Principal, withdrawal_id: UUID) -> Withdrawal:
    """Staff lets a withdrawal go. Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS, WITHDRAWALS_BLOCKED, FORBIDDEN for one's own."""
    with context.db.transaction() as connection:
        holds.lock_owner(connection, withdrawal_id)
        row = _pending(connection, withdrawal_id)
        if row.user_id == staff.user_id:
            raise ProblemError("FORBIDDEN", "nobody approves a withdrawal of their own")
        if row.debited_at is None:
            raise ProblemError("WITHDRAWAL_STATUS", "the money is not out of trading yet; try again", status_now=row.status)
        holds.require_covered(connection, row.user_id)
        store.approve(connection, withdrawal_id, staff.user_id, context.now())
        if row.recipient_id is None:
            records.tell(connection, row, MailKind.WITHDRAWAL_STATUS, status="APPROVED")
        else:
            internal.complete_due(connection)  # and its mail says more
        records.note(connection, "withdrawal.approved", row, request, actor=staff.user_id)
    return _decided(context, row)


def reject(context: Context, request: Request, staff: Principal, withdrawal_id: UUID, reason: str) -> Withdrawal:
    """Staff refuses a withdrawal; the money goes back. Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS."""
    with context.db.transaction() as connection:
        row = _pending(connection, withdrawal_id)
        _end_unpaid(connection, row, "REJECTED", reason, context.now())
        records.note(connection, "withdrawal.rejected", row, request, actor=staff.user_id, reason=reason)
    return _decided(context, row)


def _decided(context: Context, row: WithdrawalRow) -> Withdrawal:
    balance_cache.drop(context.cache, [(row.user_id, row.currency)])
    context.flush()
    return one(context, row.user_id, row.id)


def _pending(connection: Connection, withdrawal_id: UUID) -> WithdrawalRow:
    row = store.lock(connection, withdrawal_id)
    if row is None:
        raise ProblemError("WITHDRAWAL_NOT_FOUND")
    if row.status != "PENDING":
        raise ProblemError("WITHDRAWAL_STATUS", f"the withdrawal is {row.status}", status_now=row.status)
    return row


def _end_unpaid(connection: Connection, row: WithdrawalRow, status: str, reason: str, now: datetime) -> None:
    if row.status != "PENDING":
        raise ProblemError("WITHDRAWAL_STATUS", f"the withdrawal is {row.status}", status_now=row.status)
    store.end(connection, row.id, status, now, reason=reason)
    records.tell(connection, row, MailKind.WITHDRAWAL_STATUS, status=status)
    start_due(connection)  # where the debit is still under way, settlement starts it when that arrives
