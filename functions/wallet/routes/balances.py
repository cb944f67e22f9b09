"""Balances, and what moved."""

from __future__ import annotations

from functions.wallet import balances, history, value_limits
from functions.wallet.app import api, caller, context
from functions.wallet.models import Balance, Balances, ExportQuery, Page, Transaction, TransactionQuery, WalletLimits
from mycrypto.http.request import Reply, Request
from mycrypto.ratelimit import Limit

EXPORT = Limit("transactions-export", 5, 60)


@api.get("/api/wallet/balance/<currency>")
def get_balance(request: Request, currency: str) -> Balance:
    return balances.balance(context(), caller(request).user_id, currency)


@api.get("/api/wallet/balances")
def get_balances(request: Request) -> Balances:
    return Balances(balances.balances(context(), caller(request).user_id))


@api.get("/api/wallet/limits")
def get_limits(request: Request) -> WalletLimits:
    return value_limits.overview(context(), caller(request))


@api.get("/api/wallet/transactions")
def get_transactions(request: Request) -> Page[Transaction]:
    principal = caller(request)
    data, pagination = history.page(context(), principal.user_id, request.params(TransactionQuery))
    return Page(data, pagination)


@api.get("/api/wallet/transactions/export")
def get_export(request: Request) -> Reply:
    principal = caller(request, EXPORT)
    text = history.export(context(), principal.user_id, request.params(ExportQuery))
    headers = {"Content-Disposition": 'attachment; filename="transactions.csv"'}
    return Reply(text, headers=headers, media="text/csv; charset=utf-8")
