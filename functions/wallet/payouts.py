"""What bank and chain report about payouts. A report is a hint: the payout worker asks before it believes it.

What contradicts what is known waits for a person.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from functions.wallet import chains, reports
from functions.wallet import reconciliation_rules as rules
from functions.wallet.context import Context
from functions.wallet.models import PayoutReport, WebhookOutcome
from functions.wallet.reports import Unreadable
from functions.wallet.store import reconciliation
from mycrypto import balance_cache
from mycrypto.errors import ProblemError, invalid
from mycrypto.withdrawals import completion, payouts, rows
from mycrypto.withdrawals.rows import WithdrawalRow
from mycrypto.withdrawals.transitions import UNDER_WAY

KINDS: Final = {"bank": "FIAT", "chain": "CRYPTO"}
SOURCES: Final = {"bank": "BANK", "chain": "CHAIN"}


def receive(context: Context, sender: str, body: bytes) -> WebhookOutcome:
    """Take a report, perhaps not for the first time; ``body`` is what was signed. Raises WITHDRAWAL_NOT_FOUND, VALIDATION_ERROR where it names
    no withdrawal; what contradicts what we know, or cannot be read, waits for a person.
    """
    report = reports.read(body, PayoutReport)
    if isinstance(report, Unreadable):
        return _keep_unread(context, sender, report)
    reference = reports.kept(report.reference.strip())
    with context.db.transaction() as connection:
        row = _lock(connection, sender, report.withdrawal_id)
        payout = payouts.find(connection, row.id)
        if row.status == report.outcome and _reference(row.payout_reference or "") == _reference(report.reference):
            return WebhookOutcome("REPEATED", row.id)
        if row.status not in UNDER_WAY or payout is None or not (payout.attempts or payout.by_hand):
            return _contradiction(connection, sender, row, report)
        if (payout.reported, payout.reported_reference) == (report.outcome, reference):
            return WebhookOutcome("REPEATED", row.id)
        payouts.report(connection, row.id, report.outcome, reference)
        if payout.by_hand:
            _end_by_hand(context, connection, row, report, reference)
        else:
            payouts.look_again(connection, row.id, row.user_id)
    context.flush()
    return WebhookOutcome("ACCEPTED", row.id)


def _end_by_hand(context: Context, connection: Connection, row: WithdrawalRow, report: PayoutReport, reference: str) -> None:
    """Staff paid it before the platform paid by itself: there is no key to ask by, so the report is believed."""
    now = context.now()
    if report.outcome == "COMPLETED":
        completion.complete(connection, row.id, reference, now)
    else:
        completion.fail(connection, row.id, reports.kept(report.reason) or "FAILED", now, reference=reference)
    balance_cache.drop(context.cache, [(row.user_id, row.currency)])


def _contradiction(connection: Connection, sender: str, row: WithdrawalRow, report: PayoutReport) -> WebhookOutcome:
    reason = f"{rules.PAYOUT}OF_{row.status}"
    document = {name: reports.kept(getattr(report, name)) for name in PayoutReport.__struct_fields__}
    _keep(connection, sender, row, reason, document)
    return WebhookOutcome("RECONCILIATION", row.id, reason)


def _lock(connection: Connection, sender: str, withdrawal_id: UUID) -> WithdrawalRow:
    row = rows.lock(connection, withdrawal_id)
    if row is None or row.kind != KINDS[sender]:
        raise ProblemError("WITHDRAWAL_NOT_FOUND")
    return row


def _reference(text: str) -> str:
    """The one spelling of a payout's reference: a bank's as its transaction ids, a transaction's hash as a chain's."""
    spellings = chains.spellings_of(text)
    return spellings[0] if spellings else reports.transaction_key(text)


def _keep_unread(context: Context, sender: str, report: Unreadable) -> WebhookOutcome:
    try:
        withdrawal_id = UUID(report.text("withdrawal_id"))
    except ValueError:
        raise invalid("withdrawal_id", "must be a UUID") from None
    with context.db.transaction() as connection:
        row = _lock(connection, sender, withdrawal_id)
        said = {name: reports.kept(report.members.get(name)) for name in PayoutReport.__struct_fields__}
        _keep(connection, sender, row, f"{rules.PAYOUT}UNREADABLE", said | {"why": report.why, "raw": report.raw})
    return WebhookOutcome("RECONCILIATION", row.id, reports.UNREADABLE)


def _keep(connection: Connection, sender: str, row: WithdrawalRow, reason: str, document: dict[str, Any]) -> None:
    reconciliation.report(
        connection,
        SOURCES[sender],
        str(row.id),
        reason,
        currency=row.currency,
        amount=row.amount,
        document=document,
        user_id=row.user_id,
    )
