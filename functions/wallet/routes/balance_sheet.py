"""The platform's balance sheet, for administrators."""

from __future__ import annotations

from functions.wallet import balance_sheet
from functions.wallet.app import context
from functions.wallet.balance_sheet import BalanceSheet
from mycrypto import permissions
from mycrypto.http.operation import Operation
from mycrypto.http.request import Request


@Operation(
    method="get",
    path="/api/wallet/admin/balance-sheet",
    name="getBalanceSheet",
    summary="What the platform holds, owes and owns in each currency, from the ledger at one event",
    tag="staff",
    answer=BalanceSheet,
    errors=(),
    permission=permissions.REVIEWING,
)
def get_balance_sheet(_: Request) -> BalanceSheet:
    return balance_sheet.sheet(context())
