"""The four dashboards as data, so that CloudWatch and the page on one machine show the same panels from the same definitions.

No import of the CDK here: the one-machine runner reads this too.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

from infra import names

Statistic = Literal["sum", "avg", "max", "p50", "p95", "p99"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A metric of ``mycrypto.metrics``; ``by`` splits it by one of its labels."""

    name: str
    statistic: Statistic
    service: str
    by: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aws:
    """A metric that an AWS service keeps; ``{stage}`` in a dimension is the stage's name."""

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]
    label: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """``part`` of ``whole``, in percent."""

    part: tuple[Own, ...]
    whole: tuple[Own, ...]
    label: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A graph, or single figures over ``hours``."""

    title: str
    lines: tuple[Own | Aws | Ratio, ...]
    figure: bool = False
    hours: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    key: str
    title: str
    panels: tuple[Panel, ...]


def _function(name: str, metric: str, statistic: str) -> Aws:
    return Aws(
        namespace="AWS/Lambda",
        name=metric,
        statistic=statistic,
        dimensions=(("FunctionName", f"{names.PRODUCT}-{{stage}}-{name}"),),
        label=name,
    )


def _service(name: str, metric: str, statistic: str = "avg") -> Aws:
    return Aws(
        namespace="AWS/ECS",
        name=metric,
        statistic=statistic,
        dimensions=(("ClusterName", f"{names.PRODUCT}-{{stage}}-trading"), ("ServiceName", f"{names.PRODUCT}-{{stage}}-{name}")),
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


def _proxy(metric: str, label: str) -> Aws:
    return Aws(
        namespace="AWS/RDS", name=metric, statistic="max", dimensions=(("ProxyName", f"{names.PRODUCT}-{{stage}}-database"),), label=label
    )


def _own(name: str, service: str, statistic: Statistic = "sum", by: str | None = None) -> Own:
    return Own(name=name, statistic=statistic, service=service, by=by)


_FUNCTIONS: Final = (
    names.FUNCTION_AUTH,
    names.FUNCTION_AUTHORIZER,
    names.FUNCTION_WALLET,
    names.FUNCTION_SETTLEMENT,
    names.FUNCTION_HISTORY,
)
_SERVICES: Final = ("engine-spot-a", "engine-spot-b", "gateway", "publisher")

SYSTEM_OVERVIEW: Final = Dashboard(
    key="system-overview",
    title="System Overview",
    panels=(
        Panel(
            title="Health of services",
            lines=tuple(_own("health_status", name, "max") for name in ("engine", "gateway", "publisher")),
            figure=True,
        ),
        Panel(title="Request rate", lines=tuple(_own("http_requests_total", name) for name in ("auth", "wallet", "gateway"))),
        Panel(title="Errors of functions", lines=tuple(_function(name, "Errors", "sum") for name in _FUNCTIONS)),
        Panel(title="Duration of functions (p95)", lines=tuple(_function(name, "Duration", "p95") for name in _FUNCTIONS)),
        Panel(
            title="CPU", lines=(*(_service(name, "CPUUtilization") for name in _SERVICES), _database("CPUUtilization", "avg", "database"))
        ),
        Panel(title="Memory", lines=tuple(_service(name, "MemoryUtilization") for name in _SERVICES)),
    ),
)

TRADE_ENGINE: Final = Dashboard(
    key="trade-engine-performance",
    title="Trade Engine Performance",
    panels=(
        Panel(title="Orders per second", lines=(_own("orders_placed_total", "gateway"), _own("engine_commands_total", "engine"))),
        Panel(
            title="Matching latency",
            lines=tuple(_own("trade_matching_latency", "engine", statistic) for statistic in ("p50", "p95", "p99")),
        ),
        Panel(
            title="Execution latency",
            lines=tuple(_own("trade_execution_latency", "gateway", statistic) for statistic in ("p50", "p95", "p99")),
        ),
        Panel(title="Book depth by symbol", lines=(_own("orderbook_depth", "gateway", "avg", by="symbol"),)),
        Panel(title="Open sockets", lines=(_own("websocket_connections", "gateway"),)),
        Panel(title="Engines that publish", lines=(_own("engine_active", "engine"), _own("engine_waiting_records", "engine", "max"))),
    ),
)

BUSINESS: Final = Dashboard(
    key="business-metrics",
    title="Business Metrics",
    panels=(
        *(
            Panel(title=f"Volume, {label}", lines=(_own("trade_volume", "publisher", by="symbol"),), figure=True, hours=hours)
            for label, hours in (("24 h", 24), ("7 days", 168), ("30 days", 720))
        ),
        Panel(title="Active traders", lines=(_own("active_users", "publisher", "max"),), figure=True, hours=24),
        Panel(
            title="Fill rate",
            lines=(
                Ratio(
                    part=(_own("orders_filled_total", "publisher"),),
                    whole=(_own("orders_placed_total", "gateway"),),
                    label="filled of placed",
                ),
            ),
        ),
        Panel(title="Fee revenue", lines=(_own("fees_collected_total", "publisher", by="symbol"),)),
        Panel(
            title="Deposits and withdrawals", lines=(_own("wallet_deposits_total", "wallet"), _own("wallet_withdrawals_total", "wallet"))
        ),
    ),
)

DATABASE: Final = Dashboard(
    key="database-performance",
    title="Database Performance",
    panels=(
        Panel(title="Query latency", lines=(_database("ReadLatency", "p95", "reads"), _database("WriteLatency", "p95", "writes"))),
        Panel(title="Pool usage", lines=(_proxy("DatabaseConnections", "to the database"), _proxy("ClientConnections", "of clients"))),
        Panel(
            title="Cache hit rate",
            lines=(
                Ratio(
                    part=(_own("wallet_balance_cache_hits", "wallet"),),
                    whole=(_own("wallet_balance_cache_hits", "wallet"), _own("wallet_balance_cache_misses", "wallet")),
                    label="balances from Redis",
                ),
            ),
        ),
        Panel(title="Storage left", lines=(_database("FreeStorageSpace", "min", "bytes"),)),
        Panel(title="Table sizes", lines=(_own("database_table_bytes", "maintenance", "max", by="table"),)),
        Panel(title="Partitions ahead", lines=(_own("database_partitions_ahead", "maintenance", "max", by="table"),)),
    ),
)

DASHBOARDS: Final = (SYSTEM_OVERVIEW, TRADE_ENGINE, BUSINESS, DATABASE)
