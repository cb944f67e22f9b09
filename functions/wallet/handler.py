"""Lambda entry of the wallet: which path is which rule, and who may call how often."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.wallet import (
    balances,
    bank_accounts,
    chain_deposits,
    fiat_deposits,
    history,
    idempotency,
    payouts,
    signature,
    withdrawals,
)
from functions.wallet.context import SERVICE, Context
from functions.wallet.models import (
    AddBankAccount,
    Balance,
    Balances,
    BankAccounts,
    BankReport,
    ChainReport,
    Count,
    CryptoAddress,
    CryptoDeposit,
    Decision,
    ExportQuery,
    FiatDeposit,
    OpenCryptoDeposit,
    OpenFiatDeposit,
    Page,
    PageQuery,
    PayoutReport,
    Transaction,
    TransactionQuery,
    WebhookOutcome,
    Withdrawal,
    WithdrawalFees,
    WithdrawalQuery,
    WithdrawCrypto,
    WithdrawFiat,
)
from functions.wallet.settings import LOCAL, Settings
from mycrypto import health, settings, snapstart, telemetry
from mycrypto.errors import ProblemError
from mycrypto.health import Health
from mycrypto.http import Api, Principal, Reply, Request
from mycrypto.ratelimit import Limit, api_limit
from mycrypto.security import second_factor
from mycrypto.security.tokens import Role

logger = telemetry.logger(SERVICE)
meter = telemetry.Meter(SERVICE)
configuration = settings.load(Settings)
api = Api(logger, meter, database_errors="wallet_database_errors_total", proxy=configuration.proxy)

ADD_ACCOUNT = Limit("bank-accounts", 5, 60)
DELETE_ACCOUNT = Limit("bank-accounts-delete", 10, 60)
OPEN_DEPOSIT = Limit("deposit", 10, 60)
EXPORT = Limit("transactions-export", 5, 60)
WITHDRAW = Limit("withdraw", 5, 60)


@cache
def context() -> Context:
    """The one of this execution environment."""
    return Context.from_settings(configuration, logger, meter)


snapstart.after_restore(context.cache_clear)


def limited(request: Request, limit: Limit, subject: str) -> None:
    """Count the call; the limit's figures go out with the answer whatever it is. Raises RATE_LIMIT_EXCEEDED."""
    verdict = context().take(limit, subject)
    request.answer_headers.update(verdict.headers())
    verdict.require()


def caller(request: Request, limit: Limit | None = None) -> Principal:
    """Who calls, within the calls per minute of their tier and of the endpoint."""
    principal = request.principal()
    logger.append_keys(userId=str(principal.user_id))
    limited(request, api_limit(principal.tier), str(principal.user_id))
    if limit is not None:
        limited(request, limit, str(principal.user_id))
    return principal


def identifier(text: str, code: str) -> UUID:
    """A path part as an id; what is none names nothing, so it is not found."""
    try:
        return UUID(text)
    except ValueError:
        raise ProblemError(code) from None


@api.get("/api/wallet/health")
def get_health(_: Request) -> Health:
    return health.alive(SERVICE)


@api.get("/api/wallet/health/ready")
def get_ready(_: Request) -> Reply:
    needed = {"database": lambda: context().db.connection().execute("SELECT 1")}
    state = health.readiness(needed, {"redis": context().redis.ping}, context().part_missing)
    return Reply(state, status=state.http_status)


@api.get("/api/wallet/openapi.json")
def get_document(_: Request) -> Reply:
    from functions.wallet.openapi import SERVICE

    return Reply(msgspec.Raw(SERVICE.text().encode()), headers={"Cache-Control": "public, max-age=300"})


@api.get("/api/wallet/balance/<currency>")
def get_balance(request: Request, currency: str) -> Balance:
    return balances.balance(context(), caller(request).user_id, currency)


@api.get("/api/wallet/balances")
def get_balances(request: Request) -> Balances:
    return Balances(balances.balances(context(), caller(request).user_id))


@api.post("/api/wallet/bank-accounts")
def post_bank_account(request: Request) -> Reply:
    principal = caller(request, ADD_ACCOUNT)
    return Reply(bank_accounts.add(context(), principal.user_id, request.json(AddBankAccount)), status=201)


@api.get("/api/wallet/bank-accounts")
def get_bank_accounts(request: Request) -> BankAccounts:
    found = bank_accounts.of_user(context(), caller(request).user_id)
    return BankAccounts(found, Count(len(found)))


@api.delete("/api/wallet/bank-accounts/<account_id>")
def delete_bank_account(request: Request, account_id: str) -> Reply:
    principal = caller(request, DELETE_ACCOUNT)
    bank_accounts.delete(context(), principal.user_id, identifier(account_id, "ACCOUNT_NOT_FOUND"))
    return Reply(status=204)


@api.post("/api/wallet/deposit/fiat")
def post_fiat_deposit(request: Request) -> Reply:
    principal = caller(request, OPEN_DEPOSIT)
    body = request.json(OpenFiatDeposit)
    return idempotency.once(
        context(),
        request,
        principal.user_id,
        lambda connection: Reply(fiat_deposits.open_deposit(context(), connection, principal, body), status=201),
    )


@api.get("/api/wallet/deposit/requests")
def get_fiat_deposits(request: Request) -> Page[FiatDeposit]:
    principal = caller(request)
    data, pagination = fiat_deposits.page(context(), principal.user_id, request.params(PageQuery))
    return Page(data, pagination)


@api.get("/api/wallet/deposit/<deposit_id>")
def get_fiat_deposit(request: Request, deposit_id: str) -> FiatDeposit:
    return fiat_deposits.one(context(), caller(request).user_id, identifier(deposit_id, "DEPOSIT_NOT_FOUND"))


@api.post("/api/wallet/deposit/crypto")
def post_crypto_deposit(request: Request) -> Reply:
    principal = caller(request, OPEN_DEPOSIT)
    address, made = chain_deposits.open_address(context(), principal, request.json(OpenCryptoDeposit))
    return Reply(address, status=201 if made else 200)


@api.get("/api/wallet/deposit/crypto/address/<currency>")
def get_crypto_address(request: Request, currency: str) -> CryptoAddress:
    return chain_deposits.address(context(), caller(request).user_id, currency)


@api.get("/api/wallet/deposit/crypto/history")
def get_crypto_deposits(request: Request) -> Page[CryptoDeposit]:
    principal = caller(request)
    data, pagination = chain_deposits.page(context(), principal.user_id, request.params(PageQuery))
    return Page(data, pagination)


@api.get("/api/wallet/deposit/crypto/transaction/<tx_hash>")
def get_crypto_deposit(request: Request, tx_hash: str) -> CryptoDeposit:
    data, _ = chain_deposits.page(context(), caller(request).user_id, PageQuery(limit=1), tx_hash=tx_hash.lower())
    if not data:
        raise ProblemError("DEPOSIT_NOT_FOUND")
    return data[0]


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


@api.post("/api/wallet/withdraw/fiat")
def post_fiat_withdrawal(request: Request) -> Reply:
    principal = caller(request, WITHDRAW)
    body = request.json(WithdrawFiat)
    return _withdraw(request, principal, lambda connection: withdrawals.withdraw_fiat(context(), connection, request, principal, body))


@api.post("/api/wallet/withdraw/crypto")
def post_crypto_withdrawal(request: Request) -> Reply:
    principal = caller(request, WITHDRAW)
    body = request.json(WithdrawCrypto)
    return _withdraw(request, principal, lambda connection: withdrawals.withdraw_crypto(context(), connection, request, principal, body))


def _withdraw(request: Request, principal: Principal, act: Callable[[Connection], Withdrawal]) -> Reply:
    def ask(connection: Connection) -> Reply:
        return Reply(_metered(act(connection)), status=201)

    reply = idempotency.once(context(), request, principal.user_id, ask)
    context().flush()
    return reply


def _metered(withdrawal: Withdrawal) -> Withdrawal:
    """Count a withdrawal by where it stands now."""
    meter.count("wallet_withdrawals_total", currency=withdrawal.currency, outcome=withdrawal.status)
    return withdrawal


@api.get("/api/wallet/withdraw/requests")
def get_withdrawals(request: Request) -> Page[Withdrawal]:
    principal = caller(request)
    query = request.params(WithdrawalQuery)
    data, pagination = withdrawals.page(context(), principal.user_id, query, query.status)
    return Page(data, pagination)


@api.get("/api/wallet/withdraw/<withdrawal_id>")
def get_withdrawal(request: Request, withdrawal_id: str) -> Withdrawal:
    return withdrawals.one(context(), caller(request).user_id, identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@api.post("/api/wallet/withdraw/<withdrawal_id>/cancel")
def post_cancel(request: Request, withdrawal_id: str) -> Withdrawal:
    principal = caller(request)
    return _metered(withdrawals.cancel(context(), request, principal.user_id, identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND")))


@api.get("/api/wallet/withdraw/crypto/fees/<currency>")
def get_fees(request: Request, currency: str) -> WithdrawalFees:
    caller(request)
    return withdrawals.fees(currency)


def staff(request: Request) -> Principal:
    principal = caller(request)
    principal.require(Role.ADMIN)
    return principal


def deciding_staff(request: Request) -> Principal:
    """Who may let money go: an administrator whose second factor was shown a moment ago. Raises FORBIDDEN, AUTH_003."""
    principal = staff(request)
    at_hand, lenient = context(), configuration.stage == LOCAL
    second_factor.require_shown(at_hand.redis, at_hand.db.connection, principal.user_id, principal.sid, lenient=lenient)
    return principal


@api.get("/api/wallet/admin/withdrawals")
def get_all_withdrawals(request: Request) -> Page[Withdrawal]:
    staff(request)
    query = request.params(WithdrawalQuery)
    data, pagination = withdrawals.page(context(), None, query, query.status)
    return Page(data, pagination)


@api.post("/api/wallet/admin/withdrawals/<withdrawal_id>/approve")
def post_approve(request: Request, withdrawal_id: str) -> Withdrawal:
    return withdrawals.approve(context(), request, deciding_staff(request), identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@api.post("/api/wallet/admin/withdrawals/<withdrawal_id>/reject")
def post_reject(request: Request, withdrawal_id: str) -> Withdrawal:
    principal = deciding_staff(request)
    reason = request.json(Decision).reason
    return _metered(withdrawals.reject(context(), request, principal, identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"), reason))


@api.post("/api/wallet/webhooks/<sender>/payout")
def post_payout_report(request: Request, sender: str) -> WebhookOutcome:
    if sender not in payouts.KINDS:
        raise ProblemError("NOT_FOUND", "there is no such path")
    _signed_by(sender, request)
    outcome = payouts.receive(context(), sender, request.json(PayoutReport))
    logger.info("payout reported", outcome=outcome.outcome, reason=outcome.reason)
    return outcome


def _signed_by(sender: str, request: Request) -> None:
    now_seconds = int(context().now().timestamp())
    signature.require_signed(context().webhook_secret(sender), request.header(signature.HEADER), request.body, now_seconds)


@api.post("/api/wallet/webhooks/bank")
def post_bank_report(request: Request) -> WebhookOutcome:
    _signed_by("bank", request)
    outcome = fiat_deposits.receive(context(), request.json(BankReport))
    logger.info("bank transfer reported", outcome=outcome.outcome, reason=outcome.reason)
    meter.count("wallet_deposits_total", currency="TRY", outcome=outcome.outcome)
    return outcome


@api.post("/api/wallet/webhooks/chain")
def post_chain_report(request: Request) -> WebhookOutcome:
    _signed_by("chain", request)
    report = request.json(ChainReport)
    outcome = chain_deposits.receive(context(), report)
    logger.info("chain output reported", outcome=outcome.outcome, reason=outcome.reason)
    if outcome.outcome != "REPEATED":
        meter.count("wallet_deposits_total", currency=report.currency.upper(), outcome=outcome.outcome)
    return outcome


handler = api
