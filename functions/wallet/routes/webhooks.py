"""What the bank and the chain watcher report, signed."""

from __future__ import annotations

from typing import Final

from functions.wallet import chain_deposits, fiat_deposits, models, payouts
from functions.wallet.app import context
from functions.wallet.models import WebhookOutcome
from mycrypto import permissions
from mycrypto.errors import ProblemError
from mycrypto.http.operation import BODY_ERRORS, REPORTS, Operation, Parameter
from mycrypto.http.request import Request
from mycrypto.security import signature

_SIGNED: Final = Parameter(
    signature.HEADER, "string", "t=<unix seconds>,v1=<hex HMAC-SHA256 of seconds, a dot and the body>", "header", True
)
_SENDER: Final = permissions.Permission(instead="a signature of the sender")
_ERRORS: Final = (*BODY_ERRORS, "INVALID_WEBHOOK_SIGNATURE", "SERVICE_UNAVAILABLE")


@Operation(
    method="post",
    path="/api/wallet/webhooks/{sender}/payout",
    name="reportPayout",
    summary="The bank or a chain watcher reports how a payout ended; the platform asks before it believes it",
    tag=REPORTS,
    answer=models.WebhookOutcome,
    body=models.PayoutReport,
    parameters=(_SIGNED,),
    errors=(*_ERRORS, "NOT_FOUND", "WITHDRAWAL_NOT_FOUND"),
    permission=_SENDER,
)
def post_payout_report(request: Request, sender: str) -> WebhookOutcome:
    if sender not in payouts.KINDS:
        raise ProblemError("NOT_FOUND", "there is no such path")
    _signed_by(sender, request)
    outcome = payouts.receive(context(), sender, _reported(request))
    context().logger.info("payout reported", outcome=outcome.outcome, reason=outcome.reason)
    return outcome


def _signed_by(sender: str, request: Request) -> None:
    now_seconds = int(context().now().timestamp())
    signature.require_signed(context().webhook_secret(sender), request.header(signature.HEADER), request.body, now_seconds)


def _reported(request: Request) -> bytes:
    """The body as it was signed: what it says is judged behind this, because a report is not refused for its form."""
    request.require_json()
    return request.body


@Operation(
    method="post",
    path="/api/wallet/webhooks/bank",
    name="reportTransfer",
    summary="The bank reports a transfer that arrived",
    tag=REPORTS,
    answer=models.WebhookOutcome,
    body=models.BankReport,
    parameters=(_SIGNED,),
    errors=_ERRORS,
    permission=_SENDER,
)
def post_bank_report(request: Request) -> WebhookOutcome:
    _signed_by("bank", request)
    outcome = fiat_deposits.receive(context(), _reported(request))
    context().logger.info("bank transfer reported", outcome=outcome.outcome, reason=outcome.reason)
    context().meter.count("wallet_deposits_total", currency="TRY", outcome=outcome.outcome)
    return outcome


@Operation(
    method="post",
    path="/api/wallet/webhooks/chain",
    name="reportOutput",
    summary="A chain watcher reports an output",
    tag=REPORTS,
    answer=models.WebhookOutcome,
    body=models.ChainReport,
    parameters=(_SIGNED,),
    errors=_ERRORS,
    permission=_SENDER,
)
def post_chain_report(request: Request) -> WebhookOutcome:
    _signed_by("chain", request)
    outcome, currency = chain_deposits.receive(context(), _reported(request))
    context().logger.info("chain output reported", outcome=outcome.outcome, reason=outcome.reason)
    if outcome.outcome != "REPEATED":
        context().meter.count("wallet_deposits_total", currency=currency, outcome=outcome.outcome)
    return outcome
