"""The catalogue of metrics: every name that a part may emit, what it counts, and which labels it carries.

Functions emit them in CloudWatch's embedded format, processes on ``/metrics`` and in the same format; dashboards and alarms name only what
stands here. A label set without any labels but ``service`` always exists, so that alarms need not know the labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Kind = Literal["counter", "gauge", "milliseconds"]


class MetricSpec(msgspec.Struct, frozen=True):
    """One metric. ``services`` emit it; ``labels`` beside ``service``."""

    name: str
    kind: Kind
    services: tuple[str, ...]
    text: str
    labels: tuple[str, ...] = ()


_HTTP: Final = ("auth", "wallet", "gateway")
_AUTH: Final = ("auth",)
_WALLET: Final = ("wallet",)
_ENGINE: Final = ("engine",)
_GATEWAY: Final = ("gateway",)
_PUBLISHER: Final = ("publisher",)
_SETTLEMENT: Final = ("settlement",)
_HISTORY: Final = ("history",)
_MAINTENANCE: Final = ("maintenance",)

_ROWS: Final = (
    # every part that answers requests
    MetricSpec("http_requests_total", "counter", _HTTP, "Requests", ("method", "path", "status")),
    MetricSpec("http_request_duration_milliseconds", "milliseconds", _HTTP, "Time to answer", ("method", "path")),
    MetricSpec("health_status", "gauge", ("engine", "gateway", "publisher"), "1 when the part can do its work"),
    # accounts
    MetricSpec("auth_login_total", "counter", _AUTH, "Attempts to log in", ("outcome",)),
    MetricSpec("auth_login_failures", "counter", _AUTH, "Attempts that failed", ("reason",)),
    MetricSpec("auth_registration_total", "counter", _AUTH, "Registrations", ("status",)),
    MetricSpec("auth_email_verification_total", "counter", _AUTH, "Confirmations of an e-mail address", ("status",)),
    MetricSpec("auth_jwt_tokens_issued", "counter", _AUTH, "Tokens issued"),
    MetricSpec("auth_sessions_active", "gauge", ("maintenance",), "Sessions that could be refreshed"),
    MetricSpec("auth_rate_limit_hits_total", "counter", ("auth", "wallet"), "Requests refused by a limit", ("limit",)),
    MetricSpec("auth_2fa_setup_total", "counter", _AUTH, "Enrolments begun"),
    MetricSpec("auth_2fa_verifications", "counter", _AUTH, "Second factors checked", ("method", "status")),
    MetricSpec("auth_2fa_lockout_total", "counter", _AUTH, "Second factors locked after wrong codes"),
    MetricSpec("auth_2fa_backup_used_total", "counter", _AUTH, "Backup codes used"),
    MetricSpec("auth_2fa_disabled_total", "counter", _AUTH, "Second factors switched off"),
    MetricSpec("auth_revocation_unchecked_total", "counter", ("authorizer", "gateway"), "Tokens taken while Redis could not be asked"),
    MetricSpec("notification_mails_total", "counter", ("notifications",), "Mails handed to SES", ("type",)),
    MetricSpec("audit_records_total", "counter", ("audit",), "Audit records written"),
    # money
    MetricSpec("wallet_balance_queries", "counter", _WALLET, "Reads of balances"),
    MetricSpec("wallet_balance_cache_hits", "counter", _WALLET, "Reads answered from Redis"),
    MetricSpec("wallet_balance_cache_misses", "counter", _WALLET, "Reads that needed PostgreSQL"),
    MetricSpec("wallet_deposits_total", "counter", _WALLET, "Deposits", ("currency", "outcome")),
    MetricSpec("wallet_withdrawals_total", "counter", _WALLET, "Withdrawals asked for", ("currency", "outcome")),
    MetricSpec("wallet_withdrawal_fees", "counter", _WALLET, "Fees of withdrawals, in the currency", ("currency",)),
    MetricSpec("wallet_pending_deposits", "gauge", _MAINTENANCE, "Deposits that are not credited yet"),
    MetricSpec("wallet_pending_withdrawals", "gauge", _MAINTENANCE, "Withdrawals that are not paid out yet"),
    MetricSpec("wallet_reconciliation_mismatch_total", "counter", _SETTLEMENT, "Totals of the engine that differ from the ledger's"),
    MetricSpec("wallet_reconciliations_open", "gauge", _MAINTENANCE, "Differences that nobody has explained yet"),
    MetricSpec("wallet_transfers_unanswered", "gauge", _MAINTENANCE, "Transfers that the engine has not answered"),
    MetricSpec("hot_wallet_balance", "gauge", _MAINTENANCE, "What the hot wallet holds", ("currency",)),
    MetricSpec("outbox_waiting", "gauge", _MAINTENANCE, "Messages that are not sent yet"),
    MetricSpec("outbox_delayed_total", "counter", ("wallet", "settlement"), "Messages left to the minute job", ("destination",)),
    MetricSpec("settlements_processed_total", "counter", _SETTLEMENT, "Trades settled", ("status",)),
    MetricSpec("settlement_errors_total", "counter", _SETTLEMENT, "Batches that failed", ("kind",)),
    MetricSpec("settlement_latency_milliseconds", "milliseconds", _SETTLEMENT, "From a trade to its postings"),
    MetricSpec("history_errors_total", "counter", _HISTORY, "Batches that failed", ("kind",)),
    MetricSpec("history_missing_orders_total", "counter", _HISTORY, "Events of orders that the history does not know"),
    MetricSpec("database_table_bytes", "gauge", _MAINTENANCE, "Size of a table with its indexes", ("table",)),
    MetricSpec("partition_rows_misplaced", "gauge", _MAINTENANCE, "Rows for which no month or day was made in time"),
    MetricSpec("partitions_archived_total", "counter", _MAINTENANCE, "Partitions copied to the archive bucket"),
    MetricSpec("partitions_dropped_total", "counter", _MAINTENANCE, "Partitions dropped after their time, their copies proved whole"),
    MetricSpec("database_partitions_ahead", "gauge", _MAINTENANCE, "Partitions that exist beyond today", ("table",)),
    # trading
    MetricSpec("orders_placed_total", "counter", _GATEWAY, "Orders accepted", ("symbol",)),
    MetricSpec("orders_filled_total", "counter", _PUBLISHER, "Orders filled whole", ("symbol",)),
    MetricSpec("orders_cancelled_total", "counter", _GATEWAY, "Orders cancelled"),
    MetricSpec("orders_rejected_total", "counter", _GATEWAY, "Orders refused by the engine", ("code",)),
    MetricSpec("trades_executed_total", "counter", _PUBLISHER, "Trades", ("symbol",)),
    MetricSpec("trade_volume", "counter", _PUBLISHER, "Quote value of trades", ("symbol",)),
    MetricSpec("fees_collected_total", "counter", _PUBLISHER, "Fees of trades, in quote currency", ("symbol",)),
    MetricSpec("trade_matching_latency", "milliseconds", _ENGINE, "From a command's record to its events, in the core"),
    MetricSpec("trade_execution_latency", "milliseconds", _GATEWAY, "From a command's append to its answer"),
    MetricSpec("orderbook_depth", "gauge", _GATEWAY, "Price levels", ("symbol", "side")),
    MetricSpec("open_orders", "gauge", _GATEWAY, "Live orders"),
    MetricSpec("active_users", "gauge", _PUBLISHER, "Users who traded in the last day"),
    MetricSpec("websocket_connections", "gauge", _GATEWAY, "Open sockets"),
    MetricSpec("websocket_opened_total", "counter", _GATEWAY, "Sockets opened"),
    MetricSpec("websocket_reconnects_total", "counter", _GATEWAY, "Sockets opened again by the same client within a minute"),
    MetricSpec("websocket_messages_total", "counter", _GATEWAY, "Messages on sockets", ("type", "direction")),
    MetricSpec("engine_active", "gauge", _ENGINE, "1 for the engine that publishes"),
    MetricSpec("engine_commands_total", "counter", _ENGINE, "Commands applied"),
    MetricSpec("engine_refused_records_total", "counter", _ENGINE, "Command records that could not be decoded"),
    MetricSpec("engine_waiting_records", "gauge", _ENGINE, "Event records that wait to be published"),
    MetricSpec("publisher_messages_total", "counter", _PUBLISHER, "Envelopes written to the public topics"),
    MetricSpec("publisher_cache_failures_total", "counter", _PUBLISHER, "Writes to Redis that failed"),
)

CATALOGUE: Final[Mapping[str, MetricSpec]] = {row.name: row for row in _ROWS}
