"""What the bank and the chain watcher report, signed."""

from __future__ import annotations

from functions.wallet import chain_deposits, fiat_deposits, payouts, signature
from functions.wallet.app import api, context, logger, meter
from functions.wallet.models import WebhookOutcome
from mycrypto.errors import ProblemError
from mycrypto.http.request import Request


@api.post("/api/wallet/webhooks/<sender>/payout")
def post_payout_report(request: Request, sender: str) -> WebhookOutcome:
    if sender not in payouts.KINDS:
        raise ProblemError("NOT_FOUND", "there is no such path")
    _signed_by(sender, request)
    outcome = payouts.receive(context(), sender, _reported(request))
    logger.info("payout reported", outcome=outcome.outcome, reason=outcome.reason)
    return outcome


def _signed_by(sender: str, request: Request) -> None:
    now_seconds = int(context().now().timestamp())
    signature.require_signed(context().webhook_secret(sender), request.header(signature.HEADER), request.body, now_seconds)


def _reported(request: Request) -> bytes:
    """The body as it was signed: what it says is judged behind this, because a report is not refused for its form."""
    request.require_json()
    return request.body


@api.post("/api/wallet/webhooks/bank")
def post_bank_report(request: Request) -> WebhookOutcome:
    _signed_by("bank", request)
    outcome = fiat_deposits.receive(context(), _reported(request))
    logger.info("bank transfer reported", outcome=outcome.outcome, reason=outcome.reason)
    meter.count("wallet_deposits_total", currency="TRY", outcome=outcome.outcome)
    return outcome


@api.post("/api/wallet/webhooks/chain")
def post_chain_report(request: Request) -> WebhookOutcome:
    _signed_by("chain", request)
    outcome, currency = chain_deposits.receive(context(), _reported(request))
    logger.info("chain output reported", outcome=outcome.outcome, reason=outcome.reason)
    if outcome.outcome != "REPEATED":
        meter.count("wallet_deposits_total", currency=currency, outcome=outcome.outcome)
    return outcome
