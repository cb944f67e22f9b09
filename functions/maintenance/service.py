"""The minute job: send what waits, expire what ran out, make partitions ahead, count what should not be there, and prove the books once a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import redis
from psycopg import Connection

from functions.maintenance import store
from functions.maintenance.measures import Statements
from functions.maintenance.report import Report
from mycrypto import hash_chain, receipts
from mycrypto.ledger import verify
from mycrypto.outbox import Relay
from mycrypto.security import revocation_store
from mycrypto.withdrawals import payouts

MONTHS_AHEAD: Final = 3
DAYS_AHEAD: Final = 7
SENT_KEPT: Final = timedelta(days=7)
ANSWER_EXPECTED: Final = timedelta(minutes=5)
FLUSHES_MAX: Final = 50
PAYOUTS_MAX: Final = 500
"""Of one run: the rest waits for the next minute."""
EXCHANGE_TABLES: Final = {"ledger_postings": True, "ledger_entries": False, "wallets": False, "outbox": False}
TRADE_TABLES: Final = {"orders": True, "trades": True}
"""Tables that are watched, and whether they have partitions."""

ENTRIES_SEALED_MAX: Final = 100_000
"""Of one run: a minute of 1,600 entries a second; the rest waits for the next minute."""
SUNDAY: Final = 6
RECONCILE_HOUR: Final = 2
"""UTC; the first run after it proves the books of the day before."""


def run(
    now: datetime,
    relay: Relay,
    exchange: Callable[[], Connection],
    trade: Callable[[], Connection],
    on_failure: Callable[[str, Exception], None],
    server: redis.Redis | None = None,
    statements: Statements | None = None,
) -> Report:
    """Every step stands alone: a failing one is told to ``on_failure`` and does not keep the others from their work."""
    report = Report()
    known = statements or Statements()

    def look_at_payouts() -> None:
        connection = exchange()
        with connection.transaction():
            report.payouts_queued = payouts.queue_due(connection, now, rows_max=PAYOUTS_MAX)

    def resend() -> None:
        receipts.send_again(exchange())
        for _ in range(FLUSHES_MAX):
            sent = relay.flush(exchange())
            report.messages_sent += sent
            if not sent:
                return

    def tidy() -> None:
        report.deposits_expired = store.expire_deposits(exchange(), now)
        report.rows_deleted = store.delete_sent_messages(exchange(), now - SENT_KEPT) + store.delete_expired_answers(exchange(), now)
        report.rows_deleted += store.delete_old_identity_rows(exchange(), now)

    def partition_ledger() -> None:
        report.partitions_made += store.ensure_ledger_partitions(exchange(), now, months=MONTHS_AHEAD)
        report.rows_misplaced += store.count_misplaced_postings(exchange())
        report.watermarks["ledger"] = store.watermark(exchange())
        report.connections, report.connections_max = store.connections(exchange())
        _look_at_database(report, exchange(), EXCHANGE_TABLES, known, now)

    def partition_trade() -> None:
        report.partitions_made += store.ensure_trade_partitions(trade(), now, months=MONTHS_AHEAD, days=DAYS_AHEAD)
        report.rows_misplaced += store.count_misplaced_trading(trade())
        report.watermarks["history"] = store.watermark(trade())
        _look_at_database(report, trade(), TRADE_TABLES, known, now)

    def remind() -> None:
        if server is not None and not revocation_store.is_complete(server):
            report.revocations_restored = revocation_store.restore(exchange(), server, now)

    def look() -> None:
        report.messages_waiting = store.count_waiting_messages(exchange())
        report.transfers_unanswered = store.count_unanswered_transfers(exchange(), now - ANSWER_EXPECTED)
        report.reconciliations_open = store.count_open_reconciliations(exchange())
        report.deposits_pending = store.count_pending_deposits(exchange())
        report.payouts_waiting = payouts.waiting(exchange())
        report.withdrawals_pending = store.count_pending_withdrawals(exchange())
        report.sessions_active = store.count_active_sessions(exchange(), now)
        report.kyc_pending = store.count_pending_kyc(exchange())
        report.hot_wallet = store.custody(exchange(), "custody:hot")
        report.bank = store.custody(exchange(), "custody:bank")

    def reconcile() -> None:
        if now.hour < RECONCILE_HOUR or store.was_reconciled(exchange(), now.date()):
            return
        found = verify.run(exchange(), since=now - timedelta(days=1))
        if store.keep_reconciliation(exchange(), now.date(), found):
            report.books_differ = [f"{difference.rule}: {difference.where} {difference.amount}" for difference in found.differences]
            report.books_differ += _broken_links(exchange(), now)

    def seal() -> None:
        report.entries_sealed = store.seal_ledger(exchange(), ENTRIES_SEALED_MAX)

    for step in (look_at_payouts, resend, tidy, partition_ledger, partition_trade, remind, look, seal, reconcile):
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever one step meets, the others are done
            report.failed.append(step.__name__)
            on_failure(step.__name__, error)
    return report


def _broken_links(connection: Connection, now: datetime) -> list[str]:
    """Compute the hash chains again from where the last proof ended, on Sundays from the beginning; what does not hold."""
    broken: list[str] = []
    for chain in (hash_chain.AUDIT, hash_chain.LEDGER):
        proved = store.proved_head(connection, chain)
        found = hash_chain.verify(connection, chain, after=None if now.weekday() == SUNDAY else proved, noted=proved)
        broken += [f"{chain.name}: {fault}" for fault in found.faults]
        if found.ok:
            store.keep_proved_head(connection, chain, found.head, now)
    return broken


def _look_at_database(report: Report, connection: Connection, tables: Mapping[str, bool], known: Statements, now: datetime) -> None:
    report.table_bytes |= store.table_bytes(connection, list(tables))
    report.partitions_ahead |= {name: store.partitions_ahead(connection, name, now) for name, divided in tables.items() if divided}
    name = connection.info.dbname
    report.cache_hit_percent[name] = store.cache_hit_percent(connection)
    report.query_milliseconds |= known.mean_milliseconds(name, store.statements(connection))
