"""What staff correct by hand: one proposes, another decides."""

from __future__ import annotations

from typing import Final

from functions.wallet import adjustment_models as staff_models
from functions.wallet import adjustments, idempotency, models
from functions.wallet.adjustment_models import Adjustment, AdjustmentQuery, ProposeAdjustment, RejectAdjustment
from functions.wallet.app import context
from functions.wallet.models import Page
from functions.wallet.routes.shared import ONCE_IF_GIVEN, PAGE
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation, Parameter
from mycrypto.http.request import Reply, Request

UNKNOWN: Final = "ADJUSTMENT_NOT_FOUND"


@Operation(
    method="get",
    path="/api/wallet/admin/adjustments",
    name="listAdjustments",
    summary="Corrections of users' balances, newest first",
    tag="staff",
    answer=models.Page[staff_models.Adjustment],
    parameters=(
        Parameter("status", "string", "Only this status", shape={"enum": ["PROPOSED", "APPROVED", "APPLIED", "REJECTED", "FAILED"]}),
        Parameter("user_id", "string", "Only of this user"),
        *PAGE,
    ),
    permission=permissions.REVIEWING,
)
def get_adjustments(request: Request) -> Page[Adjustment]:
    data, pagination = adjustments.page(context(), request.params(AdjustmentQuery))
    return Page(data, pagination)


@Operation(
    method="get",
    path="/api/wallet/admin/adjustments/{adjustment_id}",
    name="getAdjustment",
    summary="A correction of a user's balance",
    tag="staff",
    answer=staff_models.Adjustment,
    errors=(UNKNOWN,),
    permission=permissions.REVIEWING,
)
def get_adjustment(request: Request, adjustment_id: str) -> Adjustment:
    return adjustments.one(context(), request.uuid(adjustment_id, UNKNOWN))


@Operation(
    method="post",
    path="/api/wallet/admin/adjustments",
    name="proposeAdjustment",
    summary="Ask for a correction of a user's balance, with the reason; nothing moves before another administrator approves it",
    tag="staff",
    answer=staff_models.Adjustment,
    status=201,
    body=staff_models.ProposeAdjustment,
    parameters=(ONCE_IF_GIVEN,),
    rules={"amount": "has no more decimals than the currency", "user_id": "is a user's"},
    errors=(*BODY_ERRORS, "CURRENCY_NOT_SUPPORTED", "IDEMPOTENCY_CONFLICT"),
    permission=permissions.ADMINISTRATION,
)
def post_adjustment(request: Request) -> Reply:
    body, staff = request.json(ProposeAdjustment), request.caller
    reply = idempotency.once(
        context(),
        request,
        staff.user_id,
        lambda connection: Reply(adjustments.propose(context(), connection, request, staff, body), status=201),
        required=False,  # a proposal moves no money
    )
    context().flush()
    return reply


@Operation(
    method="post",
    path="/api/wallet/admin/adjustments/{adjustment_id}/approve",
    name="approveAdjustment",
    summary="Carry out what another administrator asked for",
    tag="staff",
    answer=staff_models.Adjustment,
    errors=(UNKNOWN, "ADJUSTMENT_STATUS"),
    permission=permissions.ADMINISTRATION,
)
def post_approval(request: Request, adjustment_id: str) -> Adjustment:
    return adjustments.approve(context(), request, request.caller, request.uuid(adjustment_id, UNKNOWN))


@Operation(
    method="post",
    path="/api/wallet/admin/adjustments/{adjustment_id}/reject",
    name="rejectAdjustment",
    summary="Turn a proposal down",
    tag="staff",
    answer=staff_models.Adjustment,
    body=staff_models.RejectAdjustment,
    errors=(*BODY_ERRORS, UNKNOWN, "ADJUSTMENT_STATUS"),
    permission=permissions.ADMINISTRATION,
)
def post_rejection(request: Request, adjustment_id: str) -> Adjustment:
    reason = request.json(RejectAdjustment).reason
    return adjustments.reject(context(), request, request.caller, request.uuid(adjustment_id, UNKNOWN), reason)
