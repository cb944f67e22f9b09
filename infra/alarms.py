"""The alarms as data: what is watched, when it rings, whom it wakes."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final

from infra.dashboards import Own, Ratio


class Severity(enum.StrEnum):
    """Critical wakes somebody, warning waits for the morning."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OwnAlarm:
    """An alarm on a metric of the platform. ``below``: it rings under the threshold instead of over it. Missing data never rings, except
    where silence is itself the failure (``silence_rings``).
    """

    name: str
    severity: Severity
    watched: Own | Ratio
    threshold: float
    minutes: int
    periods: int = 1
    below: bool = False
    silence_rings: bool = False
    why: str


def _own(name: str, service: str, statistic: str = "sum") -> Own:
    return Own(name=name, statistic=statistic, service=service)  # type: ignore[arg-type]


OWN_ALARMS: Final = (
    OwnAlarm(
        name="matching-slow",
        severity=Severity.CRITICAL,
        watched=_own("trade_matching_latency", "engine", "p99"),
        threshold=100,
        minutes=5,
        why="p99 of matching is over 100 ms: see the runbook 'halted or slow market'",
    ),
    OwnAlarm(
        name="no-engine-publishes",
        severity=Severity.CRITICAL,
        watched=_own("engine_active", "engine", "max"),
        threshold=1,
        minutes=1,
        periods=3,
        below=True,
        silence_rings=True,
        why="no engine holds the lease: trading stands still",
    ),
    OwnAlarm(
        name="gateway-unhealthy",
        severity=Severity.CRITICAL,
        watched=_own("health_status", "gateway", "max"),
        threshold=1,
        minutes=1,
        periods=3,
        below=True,
        silence_rings=True,
        why="no gateway was healthy three times in a row",
    ),
    OwnAlarm(
        name="ledger-differs",
        severity=Severity.CRITICAL,
        watched=_own("wallet_reconciliation_mismatch_total", "settlement"),
        threshold=0,
        minutes=1,
        why="the engine's totals differ from the ledger's: settlement has stopped, nobody may pay out",
    ),
    OwnAlarm(
        name="second-factor-guessed",
        severity=Severity.CRITICAL,
        watched=_own("auth_2fa_lockout_total", "auth"),
        threshold=10,
        minutes=5,
        why="more than ten second factors were locked in five minutes: somebody is guessing",
    ),
    OwnAlarm(
        name="fill-rate-low",
        severity=Severity.WARNING,
        watched=Ratio(part=(_own("orders_filled_total", "publisher"),), whole=(_own("orders_placed_total", "gateway"),), label="fill rate"),
        threshold=80,
        minutes=60,
        below=True,
        why="less than 80 % of the orders of an hour were filled",
    ),
    OwnAlarm(
        name="nothing-trades",
        severity=Severity.WARNING,
        watched=Ratio(
            part=(_own("trades_executed_total", "publisher"),), whole=(_own("orders_placed_total", "gateway"),), label="trades per order"
        ),
        threshold=0.01,
        minutes=5,
        below=True,
        why="orders are placed and nothing is matched",
    ),
    OwnAlarm(
        name="cache-hit-rate-low",
        severity=Severity.WARNING,
        watched=Ratio(
            part=(_own("wallet_balance_cache_hits", "wallet"),),
            whole=(_own("wallet_balance_cache_hits", "wallet"), _own("wallet_balance_cache_misses", "wallet")),
            label="hit rate",
        ),
        threshold=70,
        minutes=15,
        below=True,
        why="less than 70 % of balance reads come from Redis",
    ),
    OwnAlarm(
        name="sockets-reconnect",
        severity=Severity.WARNING,
        watched=Ratio(
            part=(_own("websocket_reconnects_total", "gateway"),), whole=(_own("websocket_opened_total", "gateway"),), label="reconnects"
        ),
        threshold=10,
        minutes=5,
        why="more than 10 % of new sockets are old clients that were cut off",
    ),
    OwnAlarm(
        name="outbox-waits",
        severity=Severity.WARNING,
        watched=_own("outbox_waiting", "maintenance", "max"),
        threshold=100,
        minutes=5,
        why="messages wait in the outbox: SQS or Kafka cannot be reached",
    ),
    OwnAlarm(
        name="transfers-unanswered",
        severity=Severity.WARNING,
        watched=_own("wallet_transfers_unanswered", "maintenance", "max"),
        threshold=0,
        minutes=5,
        periods=2,
        why="the engine has not answered a transfer for minutes",
    ),
    OwnAlarm(
        name="withdrawals-pile-up",
        severity=Severity.WARNING,
        watched=_own("wallet_pending_withdrawals", "maintenance", "max"),
        threshold=100,
        minutes=15,
        why="more than 100 withdrawals wait",
    ),
    OwnAlarm(
        name="revocation-unchecked",
        severity=Severity.WARNING,
        watched=_own("auth_revocation_unchecked_total", "gateway"),
        threshold=0,
        minutes=5,
        why="tokens are taken although Redis cannot say whether they were revoked",
    ),
    OwnAlarm(
        name="backup-codes-used",
        severity=Severity.WARNING,
        watched=_own("auth_2fa_backup_used_total", "auth"),
        threshold=20,
        minutes=60,
        why="backup codes are used unusually often",
    ),
    OwnAlarm(
        name="second-factor-disabled",
        severity=Severity.WARNING,
        watched=_own("auth_2fa_disabled_total", "auth"),
        threshold=5,
        minutes=60,
        why="more than five second factors an hour are switched off",
    ),
)
