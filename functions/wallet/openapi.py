"""The OpenAPI document of the wallet. ``python -m functions.wallet.openapi`` prints it; ``docs/api/wallet.json`` is that, and a test compares
them.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from functions.wallet import idempotency, models, signature
from mycrypto import openapi
from mycrypto.health import Health, Readiness
from mycrypto.openapi import BEARER, BODY_ERRORS, Operation, Parameter, Service

_PAGE: Final = (Parameter("page", "integer", "From 1"), Parameter("limit", "integer", "Rows of a page, 1 to 100 (20)"))
_STATUS: Final = Parameter("status", "string", "Only this status")
_ONCE: Final = Parameter(idempotency.HEADER, "string", "The same key gets the same answer for 24 hours", place="header")
_SIGNED: Final = Parameter(
    signature.HEADER, "string", "t=<unix seconds>,v1=<hex HMAC-SHA256 of seconds, a dot and the body>", "header", True
)
_WITHDRAWAL_ERRORS: Final = (
    *BODY_ERRORS,
    "INVALID_AMOUNT",
    "KYC_REQUIRED",
    "WALLET_001",
    "WALLET_002",
    "AUTH_003",
    "AUTH_004",
    "IDEMPOTENCY_CONFLICT",
)
_WEBHOOK_ERRORS: Final = (*BODY_ERRORS, "INVALID_WEBHOOK_SIGNATURE", "SERVICE_UNAVAILABLE")

OPERATIONS: Final = (
    Operation(
        method="get", path="/api/wallet/health", name="walletHealth", summary="Is it alive", tag="operations", answer=Health, errors=()
    ),
    Operation(
        method="get",
        path="/api/wallet/health/ready",
        name="walletReady",
        summary="Is everything there that it needs",
        tag="operations",
        answer=Readiness,
        also=((503, "Something is missing; the body names it", Readiness),),
        errors=(),
    ),
    Operation(
        method="get",
        path="/api/wallet/openapi.json",
        name="walletDocument",
        summary="This document",
        tag="operations",
        answer={"type": "object", "description": "This document"},
        errors=(),
    ),
    Operation(
        method="get",
        path="/api/wallet/balances",
        name="listWalletBalances",
        summary="Every balance, zeros included",
        tag="balances",
        answer=models.Balances,
        errors=(),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/balance/{currency}",
        name="getBalance",
        summary="The balance of a currency",
        tag="balances",
        answer=models.Balance,
        errors=("CURRENCY_NOT_SUPPORTED",),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/transactions",
        name="listTransactions",
        summary="What moved, newest first",
        tag="balances",
        answer=models.Page[models.Transaction],
        parameters=(
            Parameter("currency", "string", "Of one currency"),
            Parameter("type", "string", "Of one kind"),
            Parameter("start_date", "string", "At or after this ISO-8601 date or time"),
            Parameter("end_date", "string", "Until this ISO-8601 date or time"),
            *_PAGE,
        ),
        errors=("VALIDATION_ERROR", "CURRENCY_NOT_SUPPORTED"),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/bank-accounts",
        name="addBankAccount",
        summary="Add a bank account",
        tag="bank accounts",
        answer=models.BankAccount,
        status=201,
        body=models.AddBankAccount,
        errors=(*BODY_ERRORS, "INVALID_IBAN", "WALLET_003", "CURRENCY_NOT_SUPPORTED", "DUPLICATE_IBAN"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/bank-accounts",
        name="listBankAccounts",
        summary="Own bank accounts, IBANs masked",
        tag="bank accounts",
        answer=models.BankAccounts,
        errors=(),
        private=True,
    ),
    Operation(
        method="delete",
        path="/api/wallet/bank-accounts/{account_id}",
        name="deleteBankAccount",
        summary="Delete a bank account",
        tag="bank accounts",
        status=204,
        errors=("ACCOUNT_NOT_FOUND", "ACCOUNT_HAS_PENDING_DEPOSITS", "ACCOUNT_HAS_PENDING_WITHDRAWALS"),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/deposit/fiat",
        name="openFiatDeposit",
        summary="Announce a bank transfer",
        tag="deposits",
        answer=models.FiatDeposit,
        status=201,
        body=models.OpenFiatDeposit,
        parameters=(_ONCE,),
        errors=(*BODY_ERRORS, "INVALID_AMOUNT", "KYC_REQUIRED", "WALLET_002", "ACCOUNT_NOT_FOUND", "IDEMPOTENCY_CONFLICT"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/deposit/requests",
        name="listFiatDeposits",
        summary="Own announced transfers, newest first",
        tag="deposits",
        answer=models.Page[models.FiatDeposit],
        parameters=_PAGE,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/deposit/{deposit_id}",
        name="getFiatDeposit",
        summary="An announced transfer",
        tag="deposits",
        answer=models.FiatDeposit,
        errors=("DEPOSIT_NOT_FOUND",),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/deposit/crypto",
        name="openCryptoDeposit",
        summary="The own deposit address; made when there is none",
        tag="deposits",
        answer=models.CryptoAddress,
        also=((201, "Made", models.CryptoAddress),),
        body=models.OpenCryptoDeposit,
        errors=(*BODY_ERRORS, "CURRENCY_NOT_SUPPORTED", "KYC_REQUIRED"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/deposit/crypto/address/{currency}",
        name="getCryptoAddress",
        summary="The own deposit address of a currency",
        tag="deposits",
        answer=models.CryptoAddress,
        errors=("CURRENCY_NOT_SUPPORTED", "ADDRESS_NOT_FOUND"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/deposit/crypto/history",
        name="listCryptoDeposits",
        summary="What came in by chain, newest first",
        tag="deposits",
        answer=models.Page[models.CryptoDeposit],
        parameters=_PAGE,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/deposit/crypto/transaction/{tx_hash}",
        name="getCryptoDeposit",
        summary="What a transaction brought in",
        tag="deposits",
        answer=models.CryptoDeposit,
        errors=("DEPOSIT_NOT_FOUND",),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/withdraw/fiat",
        name="withdrawFiat",
        summary="Withdraw TRY to a verified bank account",
        tag="withdrawals",
        answer=models.Withdrawal,
        status=201,
        body=models.WithdrawFiat,
        parameters=(_ONCE,),
        errors=(*_WITHDRAWAL_ERRORS, "ACCOUNT_NOT_FOUND", "ACCOUNT_NOT_VERIFIED"),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/withdraw/crypto",
        name="withdrawCrypto",
        summary="Withdraw to an address of a chain",
        tag="withdrawals",
        answer=models.Withdrawal,
        status=201,
        body=models.WithdrawCrypto,
        parameters=(_ONCE,),
        errors=(*_WITHDRAWAL_ERRORS, "CURRENCY_NOT_SUPPORTED"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/withdraw/requests",
        name="listWithdrawals",
        summary="Own withdrawals, newest first",
        tag="withdrawals",
        answer=models.Page[models.Withdrawal],
        parameters=(_STATUS, *_PAGE),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/withdraw/{withdrawal_id}",
        name="getWithdrawal",
        summary="A withdrawal",
        tag="withdrawals",
        answer=models.Withdrawal,
        errors=("WITHDRAWAL_NOT_FOUND",),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/withdraw/{withdrawal_id}/cancel",
        name="cancelWithdrawal",
        summary="Think better of it, while nobody has approved it",
        tag="withdrawals",
        answer=models.Withdrawal,
        errors=("WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATUS"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/withdraw/crypto/fees/{currency}",
        name="getWithdrawalFees",
        summary="What a withdrawal costs now",
        tag="withdrawals",
        answer=models.WithdrawalFees,
        errors=("CURRENCY_NOT_SUPPORTED",),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/wallet/admin/withdrawals",
        name="listAllWithdrawals",
        summary="Everybody's withdrawals, for administrators",
        tag="staff",
        answer=models.Page[models.Withdrawal],
        parameters=(_STATUS, *_PAGE),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/admin/withdrawals/{withdrawal_id}/approve",
        name="approveWithdrawal",
        summary="Let a withdrawal go",
        tag="staff",
        answer=models.Withdrawal,
        errors=("WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATUS"),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/admin/withdrawals/{withdrawal_id}/reject",
        name="rejectWithdrawal",
        summary="Refuse a withdrawal; the money goes back",
        tag="staff",
        answer=models.Withdrawal,
        body=models.Decision,
        errors=(*BODY_ERRORS, "WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATUS"),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/wallet/webhooks/bank",
        name="reportTransfer",
        summary="The bank reports a transfer that arrived",
        tag="webhooks",
        answer=models.WebhookOutcome,
        body=models.BankReport,
        parameters=(_SIGNED,),
        errors=_WEBHOOK_ERRORS,
    ),
    Operation(
        method="post",
        path="/api/wallet/webhooks/chain",
        name="reportOutput",
        summary="A chain watcher reports an output",
        tag="webhooks",
        answer=models.WebhookOutcome,
        body=models.ChainReport,
        parameters=(_SIGNED,),
        errors=_WEBHOOK_ERRORS,
    ),
    Operation(
        method="post",
        path="/api/wallet/webhooks/{sender}/payout",
        name="reportPayout",
        summary="How a payout ended",
        tag="webhooks",
        answer=models.WebhookOutcome,
        body=models.PayoutReport,
        parameters=(_SIGNED,),
        errors=(*_WEBHOOK_ERRORS, "NOT_FOUND", "WITHDRAWAL_NOT_FOUND"),
    ),
)

SERVICE: Final = Service(
    title="MyCrypto wallet API",
    description="Balances, deposits and withdrawals. Amounts are decimal strings; every refusal is a problem document with a code of the"
    " catalogue.",
    operations=OPERATIONS,
    security={"bearer": BEARER},
    figures={
        "WALLET_001": {"available": "100", "required": "105"},
        "WALLET_002": {"limit": "1000", "remaining": "250", "level": 1},
        "INVALID_AMOUNT": {"minimum": "100", "maximum": "50000"},
        "KYC_REQUIRED": {"required_level": 1, "level": 0},
        "WITHDRAWAL_STATUS": {"status_now": "APPROVED"},
    },
    shapes={
        "account_id": {"format": "uuid"},
        "deposit_id": {"format": "uuid"},
        "withdrawal_id": {"format": "uuid"},
        "sender": {"enum": ["bank", "chain"]},
        "page": {"minimum": 1, "maximum": 100_000},
        "limit": {"minimum": 1, "maximum": 100},
    },
)


def document() -> dict[str, Any]:
    """The whole document."""
    return openapi.document(SERVICE)


def text() -> str:
    """The document as it is committed and served."""
    return openapi.text(document())


if __name__ == "__main__":
    sys.stdout.write(text())
