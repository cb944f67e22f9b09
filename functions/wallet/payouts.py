"""How payouts ended, as bank and chain report it: the money leaves custody, or comes back to its user."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from functions.wallet import chains, reports
from functions.wallet import reconciliation_rules as rules
from functions.wallet.context import Context
from functions.wallet.models import PayoutReport, WebhookOutcome
from functions.wallet.reports import Unreadable
from functions.wallet.store import reconciliation
from functions.wallet.store import withdrawals as store
from functions.wallet.store.withdrawals import WithdrawalRow
from mycrypto import balance_cache, ledger, mail
from mycrypto.errors import ProblemError, invalid
from mycrypto.ledger import CUSTODY_BANK, CUSTODY_HOT, FEES, Entry, Kind, Move, transit
from mycrypto.ledger.refunds import REFERENCE_TYPES, start_due
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, from_numeric

UNDER_WAY: Final = frozenset({"APPROVED", "PROCESSING", "SIGNING", "BROADCASTING", "BROADCASTED"})
KINDS: Final = {"bank": "FIAT", "chain": "CRYPTO"}
SOURCES: Final = {"bank": "BANK", "chain": "CHAIN"}


def receive(context: Context, sender: str, body: bytes) -> WebhookOutcome:
    """Take a report, perhaps not for the first time; ``body`` is what was signed. Raises WITHDRAWAL_NOT_FOUND, VALIDATION_ERROR where it names
    no withdrawal; what contradicts what we know, or cannot be read, waits for a person.
    """
    report = reports.read(body, PayoutReport)
    if isinstance(report, Unreadable):
        return _keep_unread(context, sender, report)
    now = context.now()
    reference, why = reports.kept(report.reference.strip()), reports.kept(report.reason)
    with context.db.transaction() as connection:
        row = _lock(connection, sender, report.withdrawal_id)
        if row.status == report.outcome and _reference(row.payout_reference or "") == _reference(report.reference):
            return WebhookOutcome("REPEATED", row.id)
        if row.status not in UNDER_WAY:
            reason = f"{rules.PAYOUT}OF_{row.status}"
            document = {name: reports.kept(getattr(report, name)) for name in PayoutReport.__struct_fields__}
            _keep(connection, sender, row, reason, document)
            return WebhookOutcome("RECONCILIATION", row.id, reason)
        store.end(connection, row.id, report.outcome, now, reason=why or None, reference=reference)
        if report.outcome == "COMPLETED":
            _pay_out(connection, row, now)
        else:
            start_due(connection)
        mail.add(
            connection,
            MailKind.WITHDRAWAL_STATUS,
            to=row.email,
            user_id=row.user_id,
            amount=format_amount(row.amount_units),
            currency=row.currency,
            status=report.outcome,
        )
    fees = row.platform_fee + row.network_fee if report.outcome == "COMPLETED" else 0
    context.meter.write(
        {"wallet_withdrawals_total": 1, "wallet_withdrawal_fees": float(fees)}, currency=row.currency, outcome=report.outcome
    )
    balance_cache.drop(context.cache, [(row.user_id, row.currency)])
    context.flush()
    return WebhookOutcome("ACCEPTED", row.id)


def _lock(connection: Connection, sender: str, withdrawal_id: UUID) -> WithdrawalRow:
    row = store.lock(connection, withdrawal_id)
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


def _pay_out(connection: Connection, row: WithdrawalRow, now: datetime) -> None:
    """What was sent, network fee included, leaves custody; the platform's fee is earned."""
    custody = CUSTODY_BANK if row.kind == "FIAT" else CUSTODY_HOT
    parts = ((row.amount_units + from_numeric(row.network_fee), custody, Kind.WITHDRAWAL), (from_numeric(row.platform_fee), FEES, Kind.FEE))
    entry = Entry(
        key=f"payout:{row.id}",
        why="Çekim ödendi",
        reference=(REFERENCE_TYPES[row.kind], str(row.id)),
        moment=now,
        moves=tuple(
            Move(amount=units, currency=row.currency, source=transit(row.user_id), target=target, kind=kind)
            for units, target, kind in parts
            if units
        ),
    )
    ledger.post(connection, [entry])
