"""How payouts ended, as bank and chain report it: the money leaves custody, or comes back to its user."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psycopg import Connection

from functions.wallet.context import Context
from functions.wallet.models import PayoutReport, WebhookOutcome
from functions.wallet.store import reconciliation
from functions.wallet.store import withdrawals as store
from functions.wallet.store.withdrawals import WithdrawalRow
from mycrypto import ledger, mail
from mycrypto.errors import ProblemError
from mycrypto.ledger import CUSTODY_BANK, CUSTODY_HOT, FEES, Entry, Kind, Move, transit
from mycrypto.ledger.refunds import REFERENCE_TYPES, start_due
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, from_numeric

UNDER_WAY: Final = frozenset({"APPROVED", "PROCESSING", "SIGNING", "BROADCASTING", "BROADCASTED"})
KINDS: Final = {"bank": "FIAT", "chain": "CRYPTO"}
SOURCES: Final = {"bank": "BANK", "chain": "CHAIN"}


def receive(context: Context, sender: str, report: PayoutReport) -> WebhookOutcome:
    """Take a report, perhaps not for the first time. Raises WITHDRAWAL_NOT_FOUND; what contradicts what we know waits for a person."""
    now = context.now()
    with context.db.transaction() as connection:
        row = store.lock(connection, report.withdrawal_id)
        if row is None or row.kind != KINDS[sender]:
            raise ProblemError("WITHDRAWAL_NOT_FOUND")
        if (row.status, row.payout_reference) == (report.outcome, report.reference):
            return WebhookOutcome("REPEATED", row.id)
        if row.status not in UNDER_WAY:
            reconciliation.report(
                connection,
                SOURCES[sender],
                str(row.id),
                f"PAYOUT_OF_{row.status}",
                currency=row.currency,
                amount=row.amount,
                document=report,
            )
            return WebhookOutcome("RECONCILIATION", row.id, f"PAYOUT_OF_{row.status}")
        store.end(connection, row.id, report.outcome, now, reason=report.reason or None, reference=report.reference)
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
    context.flush()
    return WebhookOutcome("ACCEPTED", row.id)


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
