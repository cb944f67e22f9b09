"""What staff decide about withdrawals."""

from __future__ import annotations

from functions.wallet import withdrawal_decisions, withdrawals
from functions.wallet.app import api, caller, context, identifier, metered
from functions.wallet.models import Decision, Page, StaffWithdrawal, Withdrawal, WithdrawalQuery
from mycrypto.http.request import Request


@api.get("/api/wallet/admin/withdrawals")
def get_all_withdrawals(request: Request) -> Page[StaffWithdrawal]:
    caller(request)
    query = request.params(WithdrawalQuery)
    data, pagination = withdrawals.page_for_staff(context(), query, query.status)
    return Page(data, pagination)


@api.post("/api/wallet/admin/withdrawals/<withdrawal_id>/approve")
def post_approve(request: Request, withdrawal_id: str) -> Withdrawal:
    return withdrawal_decisions.approve(context(), request, caller(request), identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@api.post("/api/wallet/admin/withdrawals/<withdrawal_id>/reject")
def post_reject(request: Request, withdrawal_id: str) -> Withdrawal:
    principal = caller(request)
    reason = request.json(Decision).reason
    return metered(withdrawal_decisions.reject(context(), request, principal, identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"), reason))
