"""What staff decide about withdrawals."""

from __future__ import annotations

from functions.wallet import models, withdrawal_decisions, withdrawal_review, withdrawals
from functions.wallet.app import context, metered
from functions.wallet.models import Decision, Page, StaffWithdrawal, Withdrawal, WithdrawalQuery
from functions.wallet.review_models import WithdrawalReview
from functions.wallet.routes.shared import PAGE, STATUS
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation
from mycrypto.http.request import Request


@Operation(
    method="get",
    path="/api/wallet/admin/withdrawals",
    name="listAllWithdrawals",
    summary="Everybody's withdrawals, for administrators",
    tag="staff",
    answer=models.Page[models.StaffWithdrawal],
    parameters=(STATUS, *PAGE),
    permission=permissions.REVIEWING,
)
def get_all_withdrawals(request: Request) -> Page[StaffWithdrawal]:
    query = request.params(WithdrawalQuery)
    data, pagination = withdrawals.page_for_staff(context(), query, query.status)
    return Page(data, pagination)


@Operation(
    method="get",
    path="/api/wallet/admin/withdrawals/{withdrawal_id}",
    name="reviewWithdrawal",
    summary="Who asks for a withdrawal, what speaks against it, what came before, and where its payout is",
    tag="staff",
    answer=WithdrawalReview,
    errors=("WITHDRAWAL_NOT_FOUND",),
    permission=permissions.REVIEWING,
)
def get_review(request: Request, withdrawal_id: str) -> WithdrawalReview:
    return withdrawal_review.review(context(), request.uuid(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@Operation(
    method="post",
    path="/api/wallet/admin/withdrawals/{withdrawal_id}/approve",
    name="approveWithdrawal",
    summary="Approve a withdrawal; large ones need two people",
    tag="staff",
    answer=models.Withdrawal,
    errors=("WITHDRAWALS_BLOCKED", "ACCOUNT_SUSPENDED", "AUTH_003", "WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATUS"),
    permission=permissions.ADMINISTRATION,
)
def post_approve(request: Request, withdrawal_id: str) -> Withdrawal:
    return withdrawal_decisions.approve(context(), request, request.caller, request.uuid(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@Operation(
    method="post",
    path="/api/wallet/admin/withdrawals/{withdrawal_id}/reject",
    name="rejectWithdrawal",
    summary="Refuse a withdrawal; the money goes back",
    tag="staff",
    answer=models.Withdrawal,
    body=models.Decision,
    errors=(*BODY_ERRORS, "AUTH_003", "WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATUS"),
    permission=permissions.ADMINISTRATION,
)
def post_reject(request: Request, withdrawal_id: str) -> Withdrawal:
    principal = request.caller
    reason = request.json(Decision).reason
    return metered(withdrawal_decisions.reject(context(), request, principal, request.uuid(withdrawal_id, "WITHDRAWAL_NOT_FOUND"), reason))
