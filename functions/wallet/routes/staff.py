"""What staff decide about withdrawals."""

from __future__ import annotations

from functions.wallet import withdrawals
from functions.wallet.app import api, caller, context, identifier, metered
from functions.wallet.models import Decision, Page, Withdrawal, WithdrawalQuery
from functions.wallet.settings import LOCAL
from mycrypto.http import Principal, Request
from mycrypto.security import second_factor
from mycrypto.security.tokens import Role


def staff(request: Request) -> Principal:
    principal = caller(request)
    principal.require(Role.ADMIN)
    return principal


def deciding_staff(request: Request) -> Principal:
    """Who may let money go: an administrator whose second factor was shown a moment ago. Raises FORBIDDEN, AUTH_003."""
    principal = staff(request)
    at_hand = context()
    lenient = at_hand.settings.stage == LOCAL
    second_factor.require_shown(at_hand.redis, at_hand.db.connection, principal.user_id, principal.sid, lenient=lenient)
    return principal


@api.get("/api/wallet/admin/withdrawals")
def get_all_withdrawals(request: Request) -> Page[Withdrawal]:
    staff(request)
    query = request.params(WithdrawalQuery)
    data, pagination = withdrawals.page(context(), None, query, query.status)
    return Page(data, pagination)


@api.post("/api/wallet/admin/withdrawals/<withdrawal_id>/approve")
def post_approve(request: Request, withdrawal_id: str) -> Withdrawal:
    return withdrawals.approve(context(), request, deciding_staff(request), identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@api.post("/api/wallet/admin/withdrawals/<withdrawal_id>/reject")
def post_reject(request: Request, withdrawal_id: str) -> Withdrawal:
    principal = deciding_staff(request)
    reason = request.json(Decision).reason
    return metered(withdrawals.reject(context(), request, principal, identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"), reason))
