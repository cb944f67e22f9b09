"""What the minute job saw, as metrics."""

from __future__ import annotations

from collections.abc import Mapping

from functions.maintenance.report import Report
from mycrypto.telemetry import Meter


class Statements:
    """The server only adds up; what the last minute cost is the difference to what was seen before."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}

    def mean_milliseconds(self, database: str, totals: Mapping[str, tuple[int, float]]) -> dict[str, float]:
        """Per table, over the statements since the last call (at the first call: since the statistics began); without those that had none."""
        means = {}
        for table, (calls, spent) in totals.items():
            calls_before, spent_before = self._seen.get((database, table), (0, 0.0))
            if calls < calls_before:  # the statistics were reset
                calls_before, spent_before = 0, 0.0
            if calls > calls_before:
                means[table] = round((spent - spent_before) / (calls - calls_before), 3)
            self._seen[database, table] = (calls, spent)
        return means


def write(meter: Meter, report: Report) -> None:
    """All of a report's figures, but for those of steps that failed: they were not seen, which is not the same as zero."""
    figures: dict[str, float] = {}
    if "look" not in report.failed:
        figures |= {
            "auth_sessions_active": report.sessions_active,
            "kyc_pending": report.kyc_pending,
            "wallet_pending_deposits": report.deposits_pending,
            "wallet_pending_withdrawals": report.withdrawals_pending,
            "wallet_reconciliations_open": report.reconciliations_open,
            "wallet_transfers_unanswered": report.transfers_unanswered,
            "outbox_waiting": report.messages_waiting,
        }
    if "reconcile" not in report.failed:
        figures["wallet_reconciliation_mismatch_total"] = len(report.books_differ)
    if report.connections_max:
        figures["database_connections_max"] = report.connections_max
    if not {"partition_ledger", "partition_trade"} & set(report.failed):
        figures["partition_rows_misplaced"] = report.rows_misplaced
        figures["pending_settlements"] = max(0, report.watermarks["history"] - report.watermarks["ledger"])
    if figures:
        meter.write(figures)
    for reason, count in report.payouts_waiting.items():
        meter.gauge("payouts_waiting", count, reason=reason)
    for projection, seq in report.watermarks.items():
        meter.gauge("projection_watermark", seq, projection=projection)
    for currency in report.hot_wallet.keys() | report.bank.keys():
        held = {"hot_wallet_balance": report.hot_wallet, "bank_balance": report.bank}
        meter.write({name: float(kept[currency]) for name, kept in held.items() if currency in kept}, currency=currency)
    for state, count in report.connections.items():
        meter.gauge("database_connections", count, state=state)
    for database, percent in report.cache_hit_percent.items():
        meter.gauge("database_cache_hit_percent", percent, database=database)
    tables: dict[str, Mapping[str, float]] = {
        "database_query_milliseconds": report.query_milliseconds,
        "database_table_bytes": report.table_bytes,
        "database_partitions_ahead": report.partitions_ahead,
    }
    for table in sorted({table for figures in tables.values() for table in figures}):
        meter.write({name: figures[table] for name, figures in tables.items() if table in figures}, table=table)
