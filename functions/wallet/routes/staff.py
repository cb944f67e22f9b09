"""What staff decide about withdrawals."""

from __future__ import annotations

from functions.wallet import withdrawals
from functions.wallet.app import api, caller, context, identifier, metered
from functions.wallet.models import Decision, Page, Withdrawal, WithdrawalQuery
from mycrypto.http import Request


@api.get("/api/wallet/admin/withdrawals")
def get_all_withdrawals(request: Request) -> Page[Withdrawal]:
    caller(request)
    query = request.params(WithdrawalQuery)
    data, pagination = withdrawals.page(context(), None, query, query.status)
    return Page(data, pagination)


@api.post("/api/wallet/admin/withdrawals/<withdrawal_id>/approve")
def post_approve(request: Request, withdrawal_id: str) -> Withdrawal:
    return withdrawals.approve(context(), request, caller(request), identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@api.post("/api/wallet/admin/withdrawals/<withdrawal_id>/reject")
def post_reject(request: Request, withdrawal_id: str) -> Withdrawal:
    principal = caller(request)
    reason = request.json(Decision).reason
    return metered(withdrawals.reject(context(), request, principal, identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"), reason))
