"""A withdrawal that waits is approved, refused, or cancelled by its user."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection

from functions.wallet import holds
from functions.wallet import withdrawal_records as records
from functions.wallet.context import Context
from functions.wallet.models import Withdrawal
from functions.wallet.store import withdrawals as store
from functions.wallet.withdrawals import one
from mycrypto import balance_cache
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal, Request
from mycrypto.mail import MailKind
from mycrypto.withdrawals import internal, owners, payouts, refunds, rows, transitions
from mycrypto.withdrawals.rows import WithdrawalRow
from mycrypto.withdrawals.transitions import Status


def cancel(context: Context, request: Request, user_id: UUID, withdrawal_id: UUID) -> Withdrawal:
    """The user takes it back. Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS once it is approved."""
    with context.db.transaction() as connection:
        row = rows.lock(connection, withdrawal_id)
        if row is None or row.user_id != user_id:
            raise ProblemError("WITHDRAWAL_NOT_FOUND")
        _require(row, Status.PENDING)
        _end_unpaid(connection, row, Status.CANCELLED, "USER", context.now())
        records.note(connection, "withdrawal.cancelled", row, request, actor=user_id)
    return _decided(context, row)


def approve(context: Context, request: Request, staff: Principal, withdrawal_id: UUID) -> Withdrawal:
    """A member of staff approves; the last of the people that it needs lets it go.

    Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS (also for a second approval by the same person), WITHDRAWALS_BLOCKED, ACCOUNT_SUSPENDED,
    FORBIDDEN for one's own.
    """
    now = context.now()
    with context.db.transaction() as connection:
        holds.lock_owner(connection, withdrawal_id)
        row = _found(connection, withdrawal_id)
        _require(row, Status.PENDING)
        if row.user_id == staff.user_id:
            raise ProblemError("FORBIDDEN", "staff do not approve withdrawals of their own")
        if row.debited_at is None:
            raise ProblemError("WITHDRAWAL_STATUS", "the money is not out of trading yet; try again", status_now=row.status)
        if owners.is_suspended(connection, row.user_id):
            raise ProblemError("ACCOUNT_SUSPENDED", "the account is suspended; its withdrawals wait")
        holds.require_covered(connection, row.user_id)
        approvers = [staff_id for staff_id, _ in store.approvals(connection, withdrawal_id)]
        if staff.user_id in approvers:
            raise ProblemError("WITHDRAWAL_STATUS", "a second person has to approve it", status_now=row.status)
        store.add_approval(connection, withdrawal_id, staff.user_id, now)
        records.note(connection, "withdrawal.approved", row, request, actor=staff.user_id)
        if len(approvers) + 1 >= row.approvals_required:
            _let_go(connection, row, staff.user_id, now)
    return _decided(context, row)


def _let_go(connection: Connection, row: WithdrawalRow, staff_id: UUID, now: datetime) -> None:
    transitions.approve(connection, row.id, staff_id, now)
    if row.recipient_id is None:
        payouts.begin(connection, row.id, row.user_id, now)
        records.tell(connection, row, MailKind.WITHDRAWAL_STATUS, status=Status.APPROVED.value)
    else:
        internal.complete_due(connection)  # and its mail says more


def reject(context: Context, request: Request, staff: Principal, withdrawal_id: UUID, reason: str) -> Withdrawal:
    """Staff refuses a withdrawal; the money goes back. Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS once its payout has begun."""
    with context.db.transaction() as connection:
        row = _found(connection, withdrawal_id)
        _require(row, Status.PENDING, Status.APPROVED)
        _end_unpaid(connection, row, Status.REJECTED, reason, context.now())
        records.note(connection, "withdrawal.rejected", row, request, actor=staff.user_id, reason=reason)
    return _decided(context, row)


def _decided(context: Context, row: WithdrawalRow) -> Withdrawal:
    balance_cache.drop(context.cache, [(row.user_id, row.currency)])
    context.flush()
    return one(context, row.user_id, row.id)


def _found(connection: Connection, withdrawal_id: UUID) -> WithdrawalRow:
    row = rows.lock(connection, withdrawal_id)
    if row is None:
        raise ProblemError("WITHDRAWAL_NOT_FOUND")
    return row


def _require(row: WithdrawalRow, *wanted: Status) -> None:
    if row.status not in wanted:
        raise ProblemError("WITHDRAWAL_STATUS", f"the withdrawal is {row.status}", status_now=row.status)


def _end_unpaid(connection: Connection, row: WithdrawalRow, status: Status, reason: str, now: datetime) -> None:
    transitions.end_unpaid(connection, row.id, status, reason, now)
    payouts.end(connection, row.id)
    records.tell(connection, row, MailKind.WITHDRAWAL_STATUS, status=status.value)
    refunds.start_due(connection)  # where the debit is still under way, settlement starts it when that arrives
