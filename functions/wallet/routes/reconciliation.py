"""What staff do with money that fits nothing: one proposes, another decides."""

from __future__ import annotations

from functions.wallet import models, reconciliation
from functions.wallet import reconciliation_models as staff_models
from functions.wallet.app import context
from functions.wallet.models import Decision, Page
from functions.wallet.reconciliation_models import ProposeResolution, ReconciliationItem, ReconciliationQuery, ReturnPaid
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation, Parameter
from mycrypto.http.request import Request

UNKNOWN = "RECONCILIATION_NOT_FOUND"


@Operation(
    method="get",
    path="/api/wallet/admin/reconciliations",
    name="listReconciliations",
    summary="Money that fits nothing, oldest first; without its proposals",
    tag="staff",
    answer=models.Page[staff_models.ReconciliationItem],
    parameters=(
        Parameter("status", "string", "Only this status", shape={"enum": ["OPEN", "PROPOSED", "RETURNING", "CHARGING", "RESOLVED"]}),
        Parameter("source", "string", "BANK, CHAIN or ENGINE"),
        Parameter("reason", "string", "Only this reason"),
        Parameter("user_id", "string", "Only what concerns this user"),
        Parameter("page", "integer", "From 1"),
        Parameter("limit", "integer", "Rows of a page, 1 to 100 (20)"),
    ),
    errors=("VALIDATION_ERROR",),
    permission=permissions.REVIEWING,
)
def get_reconciliations(request: Request) -> Page[ReconciliationItem]:
    data, pagination = reconciliation.page(context(), request.params(ReconciliationQuery))
    return Page(data, pagination)


@Operation(
    method="get",
    path="/api/wallet/admin/reconciliations/{item_id}",
    name="getReconciliation",
    summary="An item with what was reported and proposed",
    tag="staff",
    answer=staff_models.ReconciliationItem,
    errors=("RECONCILIATION_NOT_FOUND",),
    permission=permissions.REVIEWING,
)
def get_reconciliation(request: Request, item_id: str) -> ReconciliationItem:
    return reconciliation.one(context(), request.uuid(item_id, UNKNOWN))


@Operation(
    method="post",
    path="/api/wallet/admin/reconciliations/{item_id}/propose",
    name="proposeResolution",
    summary="Say what shall become of it",
    tag="staff",
    answer=staff_models.ReconciliationItem,
    body=staff_models.ProposeResolution,
    errors=(*BODY_ERRORS, "AUTH_003", "CURRENCY_NOT_SUPPORTED", "RECONCILIATION_NOT_FOUND", "RECONCILIATION_STATUS"),
    rules={"action": "is one that the item allows", "amount": "is needed where the item does not say it, and only there"},
    permission=permissions.ADMINISTRATION,
)
def post_proposal(request: Request, item_id: str) -> ReconciliationItem:
    principal = request.caller
    return reconciliation.propose(context(), request, principal, request.uuid(item_id, UNKNOWN), request.json(ProposeResolution))


@Operation(
    method="post",
    path="/api/wallet/admin/reconciliations/{item_id}/approve",
    name="approveResolution",
    summary="Carry out the proposal of another administrator",
    tag="staff",
    answer=staff_models.ReconciliationItem,
    errors=("AUTH_003", "RECONCILIATION_NOT_FOUND", "RECONCILIATION_STATUS"),
    permission=permissions.ADMINISTRATION,
)
def post_approval(request: Request, item_id: str) -> ReconciliationItem:
    return reconciliation.approve(context(), request, request.caller, request.uuid(item_id, UNKNOWN))


@Operation(
    method="post",
    path="/api/wallet/admin/reconciliations/{item_id}/reject",
    name="rejectResolution",
    summary="Turn a proposal down, or say that money could not be paid back",
    tag="staff",
    answer=staff_models.ReconciliationItem,
    body=models.Decision,
    errors=(*BODY_ERRORS, "AUTH_003", "RECONCILIATION_NOT_FOUND", "RECONCILIATION_STATUS"),
    permission=permissions.ADMINISTRATION,
)
def post_rejection(request: Request, item_id: str) -> ReconciliationItem:
    principal = request.caller
    return reconciliation.reject(context(), request, principal, request.uuid(item_id, UNKNOWN), request.json(Decision).reason)


@Operation(
    method="post",
    path="/api/wallet/admin/reconciliations/{item_id}/returned",
    name="reportReturn",
    summary="Say that the money was paid back",
    tag="staff",
    answer=staff_models.ReconciliationItem,
    body=staff_models.ReturnPaid,
    errors=(*BODY_ERRORS, "AUTH_003", "RECONCILIATION_NOT_FOUND", "RECONCILIATION_STATUS"),
    permission=permissions.ADMINISTRATION,
)
def post_returned(request: Request, item_id: str) -> ReconciliationItem:
    principal = request.caller
    return reconciliation.returned(context(), request, principal, request.uuid(item_id, UNKNOWN), request.json(ReturnPaid).reference)
