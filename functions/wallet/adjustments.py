"""Corrections of a user's balance: one of staff asks with a reason, another approves, never the user concerned. The money comes from the account
``written-off`` and goes there; it crosses into trading and out of it like any other, so that the engine has the last word.
"""

from __future__ import annotations

from uuid import UUID

from psycopg import Connection

from functions.wallet.adjustment_models import Adjustment, AdjustmentQuery, ProposeAdjustment
from functions.wallet.context import Context
from functions.wallet.models import Pagination, iso, iso_or_none
from functions.wallet.store import adjustments as store
from functions.wallet.store.adjustments import AdjustmentRow
from functions.wallet.store.reconciliation import person
from mycrypto import audit, currencies
from mycrypto.audit import AuditRecord
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Principal, Request
from mycrypto.ids import new_uuid
from mycrypto.ledger import WRITTEN_OFF, Kind
from mycrypto.ledger.crossing import ADJUSTMENT, Crossing, into_trading, out_of_trading
from mycrypto.money import AmountError, format_amount, parse_positive, to_numeric

WHY = "Bakiye düzeltmesi"
"""What the user reads; the reason is for staff."""


def propose(context: Context, connection: Connection, request: Request, staff: Principal, body: ProposeAdjustment) -> Adjustment:
    """Raises CURRENCY_NOT_SUPPORTED, VALIDATION_ERROR, FORBIDDEN for one's own account."""
    currency = currencies.find(body.currency)
    try:
        units = parse_positive(body.amount, decimals=currency.decimals)
    except AmountError as error:
        raise invalid("amount", str(error)) from None
    _require_stranger(body.user_id, staff)
    if person(connection, body.user_id) is None:
        raise invalid("user_id", "is not the id of a user")
    row = AdjustmentRow(
        id=new_uuid(),
        user_id=body.user_id,
        currency=currency.code,
        amount=to_numeric(units if body.direction == "CREDIT" else -units),
        reason=body.reason,
        status="PROPOSED",
        proposed_by=staff.user_id,
        proposed_at=context.now(),
        decided_by=None,
        decided_at=None,
        decision_reason=None,
    )
    store.insert(connection, row)
    _record(connection, "adjustment.proposed", row, request, staff)
    return _shown(row)


def approve(context: Context, request: Request, staff: Principal, adjustment_id: UUID) -> Adjustment:
    """Raises ADJUSTMENT_NOT_FOUND, ADJUSTMENT_STATUS, FORBIDDEN."""
    now = context.now()
    with context.db.transaction() as connection:
        row = _waiting(connection, adjustment_id)
        if row.proposed_by == staff.user_id:
            raise ProblemError("FORBIDDEN", "another administrator has to decide about it")
        _require_stranger(row.user_id, staff)
        crossing = Crossing(
            transfer_id=row.id,
            user_id=row.user_id,
            currency=row.currency,
            amount=abs(row.units),
            kind=Kind.ADMIN_ADJUSTMENT,
            reference=(ADJUSTMENT, row.id),
            why=WHY,
        )
        if row.units > 0:
            into_trading(connection, crossing, source=WRITTEN_OFF, moment=now)
        else:
            out_of_trading(connection, crossing, fee=0)
        store.decide(connection, row.id, "APPROVED", staff.user_id, now)
        _record(connection, "adjustment.approved", row, request, staff)
    context.flush()
    return one(context, adjustment_id)


def reject(context: Context, request: Request, staff: Principal, adjustment_id: UUID, reason: str) -> Adjustment:
    """Turn a proposal down, also one's own. Raises ADJUSTMENT_NOT_FOUND, ADJUSTMENT_STATUS."""
    now = context.now()
    with context.db.transaction() as connection:
        row = _waiting(connection, adjustment_id)
        store.decide(connection, row.id, "REJECTED", staff.user_id, now, reason=reason)
        _record(connection, "adjustment.rejected", row, request, staff, reason=reason)
    context.flush()
    return one(context, adjustment_id)


def one(context: Context, adjustment_id: UUID) -> Adjustment:
    """Raises ADJUSTMENT_NOT_FOUND."""
    row = store.find(context.db.connection(), adjustment_id)
    if row is None:
        raise ProblemError("ADJUSTMENT_NOT_FOUND")
    return _shown(row)


def page(context: Context, query: AdjustmentQuery) -> tuple[list[Adjustment], Pagination]:
    rows, total = store.page(context.db.connection(), status=query.status, user_id=query.user_id, limit=query.limit, offset=query.offset)
    return [_shown(row) for row in rows], Pagination.of(query, total)


def _waiting(connection: Connection, adjustment_id: UUID) -> AdjustmentRow:
    row = store.lock(connection, adjustment_id)
    if row is None:
        raise ProblemError("ADJUSTMENT_NOT_FOUND")
    if row.status != "PROPOSED":
        raise ProblemError("ADJUSTMENT_STATUS", f"the adjustment is {row.status}", status_now=row.status)
    return row


def _require_stranger(user_id: UUID, staff: Principal) -> None:
    if user_id == staff.user_id:
        raise ProblemError("FORBIDDEN", "administrators do not decide about their own money")


def _shown(row: AdjustmentRow) -> Adjustment:
    return Adjustment(
        id=row.id,
        user_id=row.user_id,
        direction="CREDIT" if row.units > 0 else "CHARGE",
        currency=row.currency,
        amount=format_amount(abs(row.units)),
        reason=row.reason,
        status=row.status,
        proposed_by=row.proposed_by,
        proposed_at=iso(row.proposed_at),
        decided_by=row.decided_by,
        decided_at=iso_or_none(row.decided_at),
        decision_reason=row.decision_reason,
    )


def _record(connection: Connection, action: str, row: AdjustmentRow, request: Request, staff: Principal, *, reason: str = "") -> None:
    record = AuditRecord(
        action,
        user_id=row.user_id,
        actor_id=staff.user_id,
        actor_type=audit.ActorType.STAFF,
        resource=f"adjustment:{row.id}",
        reason=reason or row.reason,
    )
    audit.add_of_money(connection, record, request.client, currency=row.currency, units=row.units)
