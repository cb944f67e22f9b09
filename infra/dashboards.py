"""The four dashboards as data, so that CloudWatch and the page on one machine show the same panels from the same definitions.

No import of the CDK here: the one-machine runner reads this too. A line can only name what the catalogue of metrics has, emitted by a
service that emits it: everything else raises where it is written.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

from infra import names
from mycrypto.metrics import CATALOGUE, MetricSpec

Statistic = Literal["sum", "rate", "avg", "min", "max", "p50", "p95", "p99"]
"""``rate`` is the sum per second; the sum of a gauge is that of all tasks of a service."""


class UnknownMetricError(ValueError):
    """A panel or alarm names a metric that no component emits."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A metric of the catalogue; ``apart`` draws a line for each set of the labels that CloudWatch keeps apart."""

    name: str
    statistic: Statistic
    service: str
    apart: bool = False
    label: str = ""

    def __post_init__(self) -> None:
        spec = CATALOGUE.get(self.name)
        if spec is None:
            raise UnknownMetricError(f"{self.name} is not in mycrypto.metrics")
        if self.service not in spec.services:
            raise UnknownMetricError(f"{self.name} is not emitted by {self.service}")
        if self.apart and not spec.split:
            raise UnknownMetricError(f"{self.name} has no labels that are kept apart")
        if self.statistic.startswith("p") and spec.kind != "histogram":
            raise UnknownMetricError(f"{self.name} is no histogram: it has no percentiles")

    @property
    def spec(self) -> MetricSpec:
        return CATALOGUE[self.name]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aws:
    """A metric that an AWS service keeps; ``{stage}`` in a dimension is the stage's name, another name in braces what only a deployment knows."""

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]
    label: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AwsRatio:
    """``part`` of ``whole``, in percent, of metrics that AWS keeps."""

    part: Aws
    whole: Aws


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """``part`` of ``whole``, in percent."""

    part: tuple[Own, ...]
    whole: tuple[Own, ...]
    label: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """By how much ``behind`` is smaller than ``ahead``."""

    ahead: Own
    behind: Own
    label: str


Line = Own | Aws | Ratio | Gap


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A graph, or single figures over ``hours``. ``unit`` stands beside the numbers."""

    title: str
    lines: tuple[Line, ...]
    unit: str = ""
    figure: bool = False
    hours: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    key: str
    title: str
    panels: tuple[Panel, ...]


def _own(name: str, service: str, statistic: Statistic = "sum", label: str = "", *, apart: bool = False) -> Own:
    return Own(name=name, statistic=statistic, service=service, apart=apart, label=label)


def _function(name: str, metric: str, statistic: str) -> Aws:
    return Aws(
        namespace="AWS/Lambda",
        name=metric,
        statistic=statistic,
        dimensions=(("FunctionName", f"{names.PRODUCT}-{{stage}}-{name}"),),
        label=name,
    )


def _database(metric: str, statistic: str, label: str) -> Aws:
    return Aws(
        namespace="AWS/RDS",
        name=metric,
        statistic=statistic,
        dimensions=(("DBInstanceIdentifier", f"{names.PRODUCT}-{{stage}}-database"),),
        label=label,
    )


def _percentiles(name: str, service: str) -> tuple[Own, ...]:
    return _own(name, service, "p50", "p50"), _own(name, service, "p95", "p95"), _own(name, service, "p99", "p99")


def _behind(behind: Own, label: str) -> Gap:
    return Gap(ahead=_own("event_watermark", "engine", "max"), behind=behind, label=label)


_HTTP: Final = ("auth", "wallet", "gateway")
_PROCESSES: Final = ("engine", "gateway", "publisher")
_FUNCTIONS: Final = (
    names.FUNCTION_AUTH,
    names.FUNCTION_AUTHORIZER,
    names.FUNCTION_WALLET,
    names.FUNCTION_SETTLEMENT,
    names.FUNCTION_HISTORY,
    names.FUNCTION_MAINTENANCE,
)
ERROR_RATES: Final = {
    name: Ratio(part=(_own("api_errors_total", name),), whole=(_own("http_requests_total", name),), label=name) for name in _HTTP
}
FILL_RATE: Final = Ratio(
    part=(_own("orders_filled_total", "publisher"),), whole=(_own("orders_placed_total", "gateway"),), label="filled of placed"
)
BALANCE_CACHE: Final = Ratio(
    part=(_own("wallet_balance_cache_hits", "wallet"),),
    whole=(_own("wallet_balance_cache_hits", "wallet"), _own("wallet_balance_cache_misses", "wallet")),
    label="balances from Redis",
)
POOL: Final = Ratio(
    part=(_own("database_connections", "maintenance"),),
    whole=(_own("database_connections_max", "maintenance"),),
    label="of the connections that PostgreSQL takes",
)

SYSTEM_OVERVIEW: Final = Dashboard(
    key="system-overview",
    title="System Overview",
    panels=(
        Panel(title="Health", unit="health", lines=tuple(_own("health_status", name, "min", name) for name in _PROCESSES), figure=True),
        Panel(title="Request rate", unit="/s", lines=tuple(_own("http_requests_total", name, "rate", name) for name in _HTTP)),
        Panel(title="Error rate", unit="%", lines=tuple(ERROR_RATES.values())),
        Panel(
            title="Time to answer, p95", unit="s", lines=tuple(_own("http_request_duration_seconds", name, "p95", name) for name in _HTTP)
        ),
        Panel(title="CPU", unit="%", lines=tuple(_own("process_cpu_percent", name, "avg", name) for name in _PROCESSES)),
        Panel(title="Memory", unit="B", lines=tuple(_own("process_memory_bytes", name, "max", name) for name in _PROCESSES)),
        Panel(title="Errors of functions", lines=tuple(_function(name, "Errors", "sum") for name in _FUNCTIONS)),
        Panel(title="Duration of functions, p95", unit="ms", lines=tuple(_function(name, "Duration", "p95") for name in _FUNCTIONS)),
        Panel(title="Errors in logs", lines=tuple(_own("errors_total", name, "sum", name) for name in _PROCESSES)),
        Panel(title="Logins", lines=(_own("auth_login_total", "auth", apart=True),)),
    ),
)

TRADE_ENGINE: Final = Dashboard(
    key="trade-engine-performance",
    title="Trade Engine Performance",
    panels=(
        Panel(
            title="Orders and commands",
            unit="/s",
            lines=(
                _own("orders_placed_total", "gateway", "rate", "orders placed"),
                _own("engine_commands_total", "engine", "rate", "commands applied"),
                _own("trades_executed_total", "publisher", "rate", "trades"),
            ),
        ),
        Panel(title="Matching latency", unit="ms", lines=_percentiles("trade_matching_latency", "engine")),
        Panel(title="Execution latency", unit="ms", lines=_percentiles("trade_execution_latency", "gateway")),
        Panel(title="Placing over HTTP", unit="s", lines=_percentiles("order_processing_duration_seconds", "gateway")),
        Panel(title="Book depth by symbol, in price levels", lines=(_own("orderbook_depth", "gateway", "avg", apart=True),)),
        Panel(title="Open sockets", lines=(_own("websocket_connections", "gateway", "sum", "sockets"),)),
        Panel(title="Messages on sockets", unit="/s", lines=(_own("websocket_messages_total", "gateway", "rate", apart=True),)),
        Panel(
            title="Events that consumers are behind the engine",
            lines=(
                _behind(_own("event_watermark", "gateway", "min"), "gateway"),
                _behind(_own("event_watermark", "publisher", "min"), "publisher"),
                _own("history_lag_events", "gateway", "max", "history"),
                _own("pending_settlements", "maintenance", "max", "ledger behind history"),
            ),
        ),
        Panel(title="From a trade to the ledger", unit="s", lines=_percentiles("settlement_latency_seconds", "settlement")),
        Panel(title="Refused orders by reason", lines=(_own("orders_rejected_total", "gateway", apart=True),)),
        Panel(
            title="Engine: publishes, waits, stands by",
            lines=(
                _own("engine_active", "engine", "max", "publishes"),
                _own("engine_waiting_records", "engine", "max", "records waiting"),
                _own("engine_listeners", "engine", "max", "gateways that listen"),
                _own("engine_standby_lag_events", "engine", "max", "standby's lag in events"),
            ),
        ),
        Panel(title="Age of the newest snapshot", unit="s", lines=(_own("engine_snapshot_age_seconds", "engine", "min", "snapshot"),)),
    ),
)

BUSINESS: Final = Dashboard(
    key="business-metrics",
    title="Business Metrics",
    panels=(
        *(
            Panel(
                title=f"Volume, {label}",
                lines=(_own("trade_value_usd", "publisher", label="USD"), _own("trade_volume", "publisher", apart=True)),
                figure=True,
                hours=hours,
            )
            for label, hours in (("24 h", 24), ("7 days", 168), ("30 days", 720))
        ),
        Panel(title="Active traders, 24 h", lines=(_own("active_users", "publisher", "max", "traders"),), figure=True, hours=24),
        Panel(title="Fill rate", unit="%", lines=(FILL_RATE,)),
        Panel(title="Fee revenue, in quote currency", lines=(_own("fees_collected_total", "publisher", apart=True),)),
        Panel(title="Trades", lines=(_own("trades_executed_total", "publisher", apart=True),)),
        Panel(title="Deposits", lines=(_own("wallet_deposits_total", "wallet", apart=True),)),
        Panel(title="Withdrawals", lines=(_own("wallet_withdrawals_total", "wallet", apart=True),)),
        Panel(title="Registrations", lines=(_own("auth_registration_total", "auth", apart=True),)),
        Panel(
            title="Waiting for a decision",
            lines=(
                _own("wallet_pending_withdrawals", "maintenance", "max", "withdrawals"),
                _own("wallet_pending_deposits", "maintenance", "max", "deposits"),
                _own("kyc_pending", "maintenance", "max", "identity documents"),
            ),
        ),
        Panel(title="Sessions", lines=(_own("auth_sessions_active", "maintenance", "max", "sessions"),)),
    ),
)

DATABASE: Final = Dashboard(
    key="database-performance",
    title="Database Performance",
    panels=(
        Panel(title="Query latency by table", unit="ms", lines=(_own("database_query_milliseconds", "maintenance", "avg", apart=True),)),
        Panel(title="Pool usage", unit="%", lines=(POOL,)),
        Panel(title="Connections by state", lines=(_own("database_connections", "maintenance", "max", apart=True),)),
        Panel(
            title="Cache hit rate",
            unit="%",
            lines=(BALANCE_CACHE, _own("database_cache_hit_percent", "maintenance", "avg", apart=True)),
        ),
        Panel(title="Table sizes", unit="B", lines=(_own("database_table_bytes", "maintenance", "max", apart=True),)),
        Panel(title="Partitions ahead", lines=(_own("database_partitions_ahead", "maintenance", "min", apart=True),)),
        Panel(
            title="Rows outside of every partition", lines=(_own("partition_rows_misplaced", "maintenance", "max", "rows"),), figure=True
        ),
        Panel(
            title="Waiting in the outbox",
            lines=(
                _own("outbox_waiting", "maintenance", "max", "messages"),
                _own("wallet_transfers_unanswered", "maintenance", "max", "transfers without an answer"),
            ),
        ),
        Panel(title="CPU of the server", unit="%", lines=(_database("CPUUtilization", "avg", "database"),)),
        Panel(title="Storage left", unit="B", lines=(_database("FreeStorageSpace", "min", "database"),)),
    ),
)

DASHBOARDS: Final = (SYSTEM_OVERVIEW, TRADE_ENGINE, BUSINESS, DATABASE)
