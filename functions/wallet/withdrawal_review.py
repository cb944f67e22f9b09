"""One withdrawal as staff see it before they decide: who asks, what is known, what came before, and where its payout is."""

from __future__ import annotations

from uuid import UUID

from functions.wallet import withdrawal_risks as risks
from functions.wallet.context import Context
from functions.wallet.models import iso, iso_or_none
from functions.wallet.review_models import Approval, Payout, RiskFacts, WithdrawalOwner, WithdrawalReview
from functions.wallet.store import staff_view
from functions.wallet.store import withdrawals as store
from functions.wallet.withdrawals import shown
from mycrypto.errors import ProblemError
from mycrypto.money import format_amount, from_numeric
from mycrypto.security import withdrawal_hold
from mycrypto.withdrawals import payouts, rows

HISTORY_ROWS = 20


def review(context: Context, withdrawal_id: UUID) -> WithdrawalReview:
    """Raises WITHDRAWAL_NOT_FOUND."""
    connection, now = context.db.connection(), context.now()
    row = rows.find(connection, withdrawal_id)
    if row is None:
        raise ProblemError("WITHDRAWAL_NOT_FOUND")
    owner, facts = staff_view.owner(connection, row.user_id), staff_view.facts(connection, row, now)
    hold = withdrawal_hold.of_users(connection, [row.user_id], now).get(row.user_id)
    payout = payouts.find(connection, row.id)
    found = [risk.value for risk in risks.of(row, owner, facts, now)]
    return WithdrawalReview(
        withdrawal=shown(row),
        user=WithdrawalOwner(
            id=row.user_id,
            email=owner.email if owner else row.email,
            status=owner.status if owner else "UNKNOWN",
            kyc_level=owner.kyc_level if owner else 0,
            two_fa_enabled=bool(owner and owner.two_fa_enabled),
            registered_at=iso_or_none(owner.created_at if owner else None),
        ),
        risks=([hold.reason.value] if hold else []) + found,
        facts=RiskFacts(
            completed_withdrawals=facts.completed,
            completed_to_this_destination=facts.to_this_destination,
            withdrawn_24_h=format_amount(from_numeric(facts.out_day)),
            withdrawn_30_d=format_amount(from_numeric(facts.out_month)),
            deposited_24_h=format_amount(from_numeric(facts.in_day)),
            deposits_last_hour=facts.deposits_hour,
            last_deposit_at=iso_or_none(facts.last_deposit_at),
        ),
        approvals=[Approval(staff_id, iso(moment)) for staff_id, moment in store.approvals(connection, row.id)],
        payout=Payout(payout.attempts, payout.waits_for, payout.tx_hash, iso_or_none(payout.next_look_at)) if payout else None,
        history=[shown(other) for other in staff_view.latest(connection, row.user_id, HISTORY_ROWS) if other.id != row.id],
    )
