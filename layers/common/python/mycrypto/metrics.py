"""The catalogue of metrics: every name that a part may emit, what it counts, in which unit, and which labels it carries.

Functions emit them in CloudWatch's embedded format, processes in the same format and on ``/metrics``. Both look names up here, so what
does not stand here cannot be emitted; dashboards and alarms are built from it too. Every metric exists under ``service`` alone, so that
alarms need not know its labels, and once more under ``service`` and its ``split``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

NAMESPACE: Final = "MyCrypto"
Kind = Literal["counter", "gauge", "histogram"]
Unit = Literal["Count", "Milliseconds", "Seconds", "Bytes", "Percent", "None"]


class MetricSpec(msgspec.Struct, frozen=True):
    """One metric.

    ``services`` emit it. ``labels`` stand in the log line and on ``/metrics``; ``split`` is those of them that CloudWatch keeps apart.
    A process counts in ``per``-ths (amounts in their units), which are divided when shown. ``buckets`` are a histogram's upper bounds.
    """

    name: str
    kind: Kind
    unit: Unit
    services: tuple[str, ...]
    text: str
    labels: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    per: int = 1
    buckets: tuple[float, ...] = ()


AMOUNT: Final = 100_000_000
"""Units of one whole, as ``mycrypto.money`` counts them."""
MILLISECOND_BUCKETS: Final = (0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, 1_000, 5_000)
SECOND_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

Services = tuple[str, ...]
_HTTP: Final = ("auth", "wallet", "gateway")
_PROCESSES: Final = ("engine", "gateway", "publisher")
_AUTH: Final = ("auth",)
_WALLET: Final = ("wallet",)
_ENGINE: Final = ("engine",)
_GATEWAY: Final = ("gateway",)
_PUBLISHER: Final = ("publisher",)
_SETTLEMENT: Final = ("settlement",)
_WITHDRAWALS: Final = ("withdrawals",)
_HISTORY: Final = ("history",)
_MAINTENANCE: Final = ("maintenance",)


def _counter(name: str, services: Services, text: str, *labels: str, split: tuple[str, ...] | None = None, per: int = 1) -> MetricSpec:
    return MetricSpec(name, "counter", "Count" if per == 1 else "None", services, text, labels, labels if split is None else split, per)


def _gauge(name: str, services: Services, text: str, *labels: str, unit: Unit = "Count") -> MetricSpec:
    return MetricSpec(name, "gauge", unit, services, text, labels, labels)


def _milliseconds(name: str, services: Services, text: str) -> MetricSpec:
    return MetricSpec(name, "histogram", "Milliseconds", services, text, buckets=MILLISECOND_BUCKETS)


def _seconds(name: str, services: Services, text: str, *labels: str) -> MetricSpec:
    return MetricSpec(name, "histogram", "Seconds", services, text, labels, buckets=SECOND_BUCKETS)


EVERY_SERVICE: Final = (
    _counter("http_requests_total", _HTTP, "Requests answered", "method", "path", "status", split=("status",)),
    _seconds("http_request_duration_seconds", _HTTP, "From request to answer", "method", "path"),
    _counter("api_errors_total", _HTTP, "Requests answered with 5xx"),
    _counter("errors_total", _PROCESSES, "Log lines of level ERROR and above"),
    _gauge("health_status", _PROCESSES, "1 while the part can do its work, else 0"),
    _gauge("dependency_up", ("gateway", "publisher"), "1 for a dependency that answers, else 0", "dependency"),
    _gauge("process_cpu_percent", _PROCESSES, "CPU time of the process since the last look, 100 is one core", unit="Percent"),
    _gauge("process_memory_bytes", _PROCESSES, "Resident memory of the process", unit="Bytes"),
    _counter("rate_limit_hits_total", ("wallet", "gateway"), "Requests refused by a rate limit", "limit"),
    _counter("rate_limit_local_total", _GATEWAY, "Requests counted by one gateway alone, because Redis was away", "use"),
    _gauge("event_watermark", _PROCESSES, "Number of the newest event that the part has made or taken in"),
)

ACCOUNTS: Final = (
    _counter("auth_login_total", _AUTH, "Attempts to log in", "outcome"),
    _counter("auth_login_failures", _AUTH, "Attempts to log in that failed", "reason"),
    _counter(
        "auth_registration_total", _AUTH, "Registrations, the refused ones too, but for those beyond the limit of an address", "status"
    ),
    _counter("auth_registration_failures", _AUTH, "Registrations that failed, but for forms filled in wrongly"),
    _seconds("auth_registration_duration_seconds", _AUTH, "From a registration's request to its answer"),
    _counter("auth_email_verification_total", _AUTH, "Confirmations of an e-mail address", "status"),
    _counter("auth_jwt_tokens_issued", _AUTH, "Access and refresh tokens issued"),
    _gauge("auth_sessions_active", _MAINTENANCE, "Sessions that can be refreshed"),
    _counter("auth_rate_limit_hits_total", _AUTH, "Requests refused by a rate limit", "limit"),
    _counter("auth_2fa_setup_total", _AUTH, "Enrolments of a second factor begun"),
    _counter("auth_2fa_verify_total", _AUTH, "First codes of an enrolment", "status"),
    _counter("auth_2fa_validate_total", _AUTH, "Codes shown at log-in or within a session", "status", "method"),
    _counter("auth_2fa_verifications", _AUTH, "Codes checked, whatever for", "status", "method"),
    _counter("auth_2fa_failed_total", _AUTH, "Second factors that were not accepted", "reason"),
    _counter("auth_2fa_lockout_total", _AUTH, "Second factors locked after too many tries"),
    _counter("auth_2fa_backup_used_total", _AUTH, "Backup codes used"),
    _counter("auth_2fa_disabled_total", _AUTH, "Second factors switched off"),
    _counter("auth_database_errors_total", _AUTH, "Requests that failed because PostgreSQL did not answer"),
    _counter("authorizer_decisions_total", ("authorizer",), "Tokens judged for API Gateway", "outcome"),
    _counter(
        "auth_revocation_unchecked_total", ("authorizer", "gateway"), "Tokens taken while Redis could not say whether they are revoked"
    ),
    _gauge("kyc_pending", _MAINTENANCE, "Identity documents that wait for a decision"),
    _counter("kyc_decisions_total", _AUTH, "Identity documents decided by staff", "decision"),
    _counter("kyc_documents_scanned_total", ("kyc",), "Pictures judged by the virus scanner", "outcome"),
    _counter("notification_mails_total", ("notifications",), "Mails handed to SES", "type"),
    _counter("notification_notices_total", ("notifications",), "Notices written, each message once", "type"),
    _counter("audit_records_total", ("audit",), "Audit records written"),
    _counter("audit_records_dropped_total", _GATEWAY, "Audit records that found the waiting room full"),
)

MONEY: Final = (
    _counter("wallet_database_errors_total", _WALLET, "Requests that failed because PostgreSQL did not answer"),
    _counter("wallet_balance_queries", _WALLET, "Reads of balances"),
    _counter("wallet_balance_cache_hits", _WALLET, "Reads of balances answered from Redis"),
    _counter("wallet_balance_cache_misses", _WALLET, "Reads of balances that needed PostgreSQL"),
    _counter("wallet_deposits_total", _WALLET, "Deposits reported by bank and chains", "currency", "outcome"),
    _counter("wallet_deposits_reversed_total", _WALLET, "Credited deposits that fell out of their chain", "currency"),
    _counter(
        "wallet_withdrawals_total", ("wallet", "withdrawals"), "Withdrawals asked for, and how their payouts ended", "currency", "outcome"
    ),
    _counter("wallet_withdrawal_fees", _WITHDRAWALS, "Fees of completed withdrawals, in the currency", "currency", per=AMOUNT),
    _counter("deposit_partner_away_total", _WALLET, "Questions to the bank or the chain watcher for deposits without an answer"),
    _counter("payout_partner_away_total", _WITHDRAWALS, "Questions to the bank, the signer or a node without an answer"),
    _counter("payout_disputes_total", _WITHDRAWALS, "Payouts whose booking is not what was asked for"),
    _gauge("payouts_waiting", _MAINTENANCE, "Approved withdrawals whose payout is held up, by what it waits for", "reason"),
    _gauge("wallet_pending_deposits", _MAINTENANCE, "Deposits that are announced or seen and not credited"),
    _gauge("wallet_pending_withdrawals", _MAINTENANCE, "Withdrawals that have not ended"),
    _counter(
        "wallet_reconciliation_mismatch_total",
        ("settlement", "maintenance", "withdrawals"),
        "Totals of the engine that differ from the ledger's, and differences that the nightly proofs of the books and of the partners' statements found",
    ),
    _gauge("wallet_reconciliations_open", _MAINTENANCE, "Differences that are not explained yet"),
    _gauge("wallet_transfers_unanswered", _MAINTENANCE, "Transfers that the engine has not answered within five minutes"),
    _gauge("hot_wallet_balance", _MAINTENANCE, "What the hot wallet holds", "currency", unit="None"),
    _gauge("bank_balance", _MAINTENANCE, "What the bank accounts hold", "currency", unit="None"),
    _gauge("outbox_waiting", _MAINTENANCE, "Messages that are not sent yet"),
    _counter("outbox_delayed_total", ("wallet", "settlement", "withdrawals"), "Messages left to the minute job", "destination"),
    _counter("settlements_processed_total", _SETTLEMENT, "Trades settled", "status"),
    _counter("settlement_errors_total", _SETTLEMENT, "Batches of events that could not be settled", "kind"),
    _seconds("settlement_latency_seconds", _SETTLEMENT, "From a record's time in the log to its postings in the ledger"),
    _gauge("pending_settlements", _MAINTENANCE, "Events that the history has and the ledger does not have yet"),
    _counter("history_errors_total", _HISTORY, "Batches of events that could not be written", "kind"),
    _counter("history_missing_orders_total", _HISTORY, "Events of orders that the history does not know"),
    _gauge("history_lag_events", _GATEWAY, "Events that the gateway has and the history does not have yet"),
    _gauge("projection_watermark", _MAINTENANCE, "Number of the newest event in the ledger and in the history", "projection"),
)

DATABASE: Final = (
    _gauge("database_connections", _MAINTENANCE, "Connections to PostgreSQL", "state"),
    _gauge("database_connections_max", _MAINTENANCE, "Connections that PostgreSQL takes at most"),
    _gauge("database_query_milliseconds", _MAINTENANCE, "Mean time of a statement since the last look", "table", unit="Milliseconds"),
    _gauge("database_cache_hit_percent", _MAINTENANCE, "Pages found in PostgreSQL's own cache", "database", unit="Percent"),
    _gauge("database_table_bytes", _MAINTENANCE, "Size of a table with its indexes", "table", unit="Bytes"),
    _gauge("database_partitions_ahead", _MAINTENANCE, "Partitions that exist beyond today", "table"),
    _counter("partitions_archived_total", _MAINTENANCE, "Partitions copied to the archive bucket"),
    _counter("partitions_dropped_total", _MAINTENANCE, "Partitions dropped after their time, their copies proved whole"),
    _gauge("partition_rows_misplaced", _MAINTENANCE, "Rows for which no month or day was made in time"),
)

TRADING: Final = (
    _counter("orders_placed_total", _GATEWAY, "Orders accepted", "symbol"),
    _counter("orders_cancelled_total", _GATEWAY, "Orders cancelled by their owners"),
    _counter("orders_rejected_total", _GATEWAY, "Orders refused by the engine", "code"),
    _counter("orders_matched_total", _PUBLISHER, "Orders that met their first counterpart", "symbol"),
    _counter("orders_filled_total", _PUBLISHER, "Orders filled whole", "symbol"),
    _counter("trades_executed_total", _PUBLISHER, "Trades", "symbol"),
    _counter("trade_volume", _PUBLISHER, "Value of trades, in quote currency", "symbol", per=AMOUNT),
    _counter("trade_value_usd", _PUBLISHER, "Value of trades in USD, a USDT counted as one", per=AMOUNT),
    _gauge("daily_volume_usd", _PUBLISHER, "Value of the trades of the last 24 hours in USD", unit="None"),
    _counter("fees_collected_total", _PUBLISHER, "Fees of trades, in quote currency", "symbol", "type", per=AMOUNT),
    _counter("price_alerts_total", _PUBLISHER, "Price alerts that fired, and whose mails are on their way"),
    _counter("paper_fills_total", _PUBLISHER, "Paper orders filled"),
    _gauge("active_users", _PUBLISHER, "Users who traded in the last 24 hours"),
    _seconds("order_processing_duration_seconds", _GATEWAY, "From the request that places an order to its answer"),
    _milliseconds("trade_execution_latency", _GATEWAY, "From the arrival of commands at the gateway to their durable result"),
    _milliseconds("trade_matching_latency", _ENGINE, "Time of the core for a record of commands: match, lock, fill"),
    _gauge("orderbook_depth", _GATEWAY, "Price levels", "symbol", "side"),
    _gauge("orderbook_size", _GATEWAY, "Resting orders", "symbol", "side"),
    _gauge("open_orders", _GATEWAY, "Live orders, waiting stops included"),
    _gauge("websocket_connections", _GATEWAY, "Open sockets"),
    _counter("websocket_opened_total", _GATEWAY, "Sockets opened"),
    _counter("websocket_reconnects_total", _GATEWAY, "Sockets of users who had lost one less than a minute before"),
    _counter("websocket_closed_total", _GATEWAY, "Sockets closed by us", "code"),
    _counter("websocket_messages_total", _GATEWAY, "Messages on sockets", "type", "direction", split=("direction",)),
    _gauge("gateway_orders_in_memory", _GATEWAY, "Live orders, and finished ones that the history may not have yet"),
    _gauge("gateway_trades_in_memory", _GATEWAY, "Trades in memory"),
    _counter("gateway_resyncs_total", _GATEWAY, "Times the views were rebuilt because events were missing"),
    _counter(
        "gateway_announced_records_total", _GATEWAY, "Event records that an engine announced and that were applied before the log had them"
    ),
    _gauge("gateway_commands_queued", _GATEWAY, "Commands that wait to be appended"),
    _gauge("gateway_commands_in_flight", _GATEWAY, "Commands that were taken in and are not answered"),
    _counter("gateway_records_total", _GATEWAY, "Records appended to the command log"),
    _counter("gateway_commands_total", _GATEWAY, "Commands appended to the command log"),
    _gauge("engine_active", _ENGINE, "1 for the engine that publishes, 0 for one that stands by"),
    _gauge("engine_standby_lag_events", _ENGINE, "Events in the log that an engine which stands by has not made itself yet"),
    _counter("engine_commands_total", _ENGINE, "Commands applied"),
    _counter("engine_commands_failed_total", _ENGINE, "Commands that failed: taken back, refused, their market halted"),
    _counter("engine_refused_records_total", _ENGINE, "Command records that could not be decoded"),
    _gauge("engine_time_held", _ENGINE, "1 while the broker's time is too far ahead to be believed, and log time is held"),
    _gauge("engine_waiting_records", _ENGINE, "Event records that wait to be published"),
    _gauge("engine_listeners", _ENGINE, "Gateways that listen to what the engine announces"),
    _counter("engine_announced_records_total", _ENGINE, "Event records that were announced to gateways"),
    _gauge("engine_next_offset", _ENGINE, "Offset of the next command record"),
    _gauge("engine_snapshot_age_seconds", _ENGINE, "How long commands have been applied since the newest snapshot", unit="Seconds"),
    _gauge("engine_users", _ENGINE, "Users with a balance or an order"),
    _gauge("engine_compiled", _ENGINE, "1 when the core runs compiled"),
    _counter("publisher_messages_total", _PUBLISHER, "Envelopes written to the public topics"),
    _counter("publisher_mails_total", _PUBLISHER, "Mails about orders put into their queue"),
    _counter("publisher_cache_failures_total", _PUBLISHER, "Writes to Redis that failed"),
)

SECTIONS: Final[Mapping[str, tuple[MetricSpec, ...]]] = {
    "Every service": EVERY_SERVICE,
    "Accounts": ACCOUNTS,
    "Money": MONEY,
    "Databases": DATABASE,
    "Trading": TRADING,
}
CATALOGUE: Final[Mapping[str, MetricSpec]] = {spec.name: spec for specs in SECTIONS.values() for spec in specs}
