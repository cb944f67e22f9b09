"""What staff do with money that fits nothing: one proposes, another decides."""

from __future__ import annotations

from functions.wallet import reconciliation
from functions.wallet.app import api, caller, context, identifier
from functions.wallet.models import Decision, Page
from functions.wallet.reconciliation_models import ProposeResolution, ReconciliationItem, ReconciliationQuery, ReturnPaid
from mycrypto.http.request import Request

UNKNOWN = "RECONCILIATION_NOT_FOUND"


@api.get("/api/wallet/admin/reconciliations")
def get_reconciliations(request: Request) -> Page[ReconciliationItem]:
    caller(request)
    data, pagination = reconciliation.page(context(), request.params(ReconciliationQuery))
    return Page(data, pagination)


@api.get("/api/wallet/admin/reconciliations/<item_id>")
def get_reconciliation(request: Request, item_id: str) -> ReconciliationItem:
    caller(request)
    return reconciliation.one(context(), identifier(item_id, UNKNOWN))


@api.post("/api/wallet/admin/reconciliations/<item_id>/propose")
def post_proposal(request: Request, item_id: str) -> ReconciliationItem:
    principal = caller(request)
    return reconciliation.propose(context(), request, principal, identifier(item_id, UNKNOWN), request.json(ProposeResolution))


@api.post("/api/wallet/admin/reconciliations/<item_id>/approve")
def post_approval(request: Request, item_id: str) -> ReconciliationItem:
    return reconciliation.approve(context(), request, caller(request), identifier(item_id, UNKNOWN))


@api.post("/api/wallet/admin/reconciliations/<item_id>/reject")
def post_rejection(request: Request, item_id: str) -> ReconciliationItem:
    principal = caller(request)
    return reconciliation.reject(context(), request, principal, identifier(item_id, UNKNOWN), request.json(Decision).reason)


@api.post("/api/wallet/admin/reconciliations/<item_id>/returned")
def post_returned(request: Request, item_id: str) -> ReconciliationItem:
    principal = caller(request)
    return reconciliation.returned(context(), request, principal, identifier(item_id, UNKNOWN), request.json(ReturnPaid).reference)
