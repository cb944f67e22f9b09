"""Balances, and what moved."""

from __future__ import annotations

from typing import Final

from functions.wallet import balances, models, transactions, value_limits
from functions.wallet.app import context
from functions.wallet.models import Balance, Balances, ExportQuery, Page, Transaction, TransactionQuery, WalletLimits
from functions.wallet.routes.shared import PAGE
from mycrypto import permissions
from mycrypto.http.operation import MOMENT, Operation, Parameter, RateLimit
from mycrypto.http.request import Reply, Request
from mycrypto.ledger import Kind

EXPORT = RateLimit(name="transactions-export", count=5, seconds=60)

_NARROWED: Final = (
    Parameter("currency", "string", "Of one currency"),
    Parameter("type", "string", "Of one kind", shape={"enum": [kind.value for kind in Kind]}),
    Parameter("start_date", "string", "At or after this ISO-8601 date or time", shape=MOMENT),
    Parameter("end_date", "string", "Until this ISO-8601 date or time", shape=MOMENT),
)


@Operation(
    method="get",
    path="/api/wallet/balance/{currency}",
    name="getBalance",
    summary="The balance of a currency",
    tag="balances",
    answer=models.Balance,
    errors=("CURRENCY_NOT_SUPPORTED",),
    permission=permissions.SIGNED_IN,
)
def get_balance(request: Request, currency: str) -> Balance:
    return balances.balance(context(), request.caller.user_id, currency)


@Operation(
    method="get",
    path="/api/wallet/balances",
    name="listWalletBalances",
    summary="Every balance, zeros included, and what they are worth in TRY",
    tag="balances",
    answer=models.Balances,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_balances(request: Request) -> Balances:
    found = balances.balances(context(), request.caller.user_id)
    return Balances(found, balances.total_try(found))


@Operation(
    method="get",
    path="/api/wallet/limits",
    name="getLimits",
    summary="What may move per day and month, what of it is used, and until when withdrawals are held",
    tag="balances",
    answer=models.WalletLimits,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_limits(request: Request) -> WalletLimits:
    return value_limits.overview(context(), request.caller)


@Operation(
    method="get",
    path="/api/wallet/transactions",
    name="listTransactions",
    summary="What moved, newest first",
    tag="balances",
    answer=models.Page[models.Transaction],
    parameters=(
        *_NARROWED,
        *PAGE,
    ),
    rules={"end_date": "is not before start_date"},
    errors=("VALIDATION_ERROR", "CURRENCY_NOT_SUPPORTED"),
    permission=permissions.SIGNED_IN,
)
def get_transactions(request: Request) -> Page[Transaction]:
    principal = request.caller
    data, pagination = transactions.page(context(), principal.user_id, request.params(TransactionQuery))
    return Page(data, pagination)


@Operation(
    method="get",
    path="/api/wallet/transactions/export",
    name="exportTransactions",
    summary="What moved in at most 90 days (without dates the last ones), newest first, as CSV with a header line",
    tag="balances",
    answer={"type": "string"},
    answer_media="text/csv",
    parameters=_NARROWED,
    rules={"start_date": "is within 90 days of end_date, and the file has at most 20,000 rows", "end_date": "is not before start_date"},
    errors=("VALIDATION_ERROR", "CURRENCY_NOT_SUPPORTED"),
    permission=permissions.SIGNED_IN,
    limit=EXPORT,
)
def get_export(request: Request) -> Reply:
    principal = request.caller
    text = transactions.export(context(), principal.user_id, request.params(ExportQuery))
    headers = {"Content-Disposition": 'attachment; filename="transactions.csv"'}
    return Reply(text, headers=headers, media="text/csv; charset=utf-8")
