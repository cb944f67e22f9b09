"""Own history on the platform before this one."""

from __future__ import annotations

from functions.wallet import earlier_records, models
from functions.wallet.app import context
from functions.wallet.earlier_records import EarlierQuery, EarlierRecord
from functions.wallet.models import Page
from functions.wallet.routes.shared import PAGE
from mycrypto import permissions
from mycrypto.http.operation import Operation, Parameter
from mycrypto.http.request import Request


@Operation(
    method="get",
    path="/api/wallet/earlier-records",
    name="listEarlierRecords",
    summary="Own transactions, orders and trades on the platform before this one, newest first",
    tag="balances",
    answer=models.Page[earlier_records.EarlierRecord],
    parameters=(Parameter("kind", "string", "Of one kind", shape={"enum": ["TRANSACTION", "ORDER", "TRADE"]}), *PAGE),
    errors=("VALIDATION_ERROR",),
    permission=permissions.SIGNED_IN,
)
def get_earlier_records(request: Request) -> Page[EarlierRecord]:
    data, pagination = earlier_records.page(context(), request.caller.user_id, request.params(EarlierQuery))
    return Page(data, pagination)
