"""The alarms as data: what is watched, when it rings, whom it wakes, and which page says what to do.

Those on the platform's own metrics are here; those on what AWS itself measures, which depend on the sizes of a stage, are in
:mod:`infra.aws_alarms`.
"""

from __future__ import annotations

import functools
from typing import Final

from infra.alarm_definition import Alarm, Runbook, Severity, Subject
from infra.dashboards import BALANCE_CACHE, FILL_RATE, Gap, Own, Ratio, Statistic

_critical: Final = functools.partial(Alarm, severity=Severity.CRITICAL)
_warning: Final = functools.partial(Alarm, severity=Severity.WARNING)


def _own(name: str, service: str, statistic: Statistic = "sum") -> Own:
    return Own(name=name, statistic=statistic, service=service)


def _percent(part: tuple[str, str], whole: tuple[str, str], label: str) -> Ratio:
    return Ratio(part=(_own(*part),), whole=(_own(*whole),), label=label)


def _down(name: str, watched: Own, why: str, runbook: Runbook, subject: Subject) -> Alarm:
    """Something is not there, three minutes in a row; a part that says nothing is not there either."""
    return _critical(name, watched, 1, 1, why, runbook, subject=subject, periods=3, below=True, silence_rings=True)


_HALTED: Final = Runbook.HALTED_MARKET
_RECONCILIATION: Final = Runbook.RECONCILIATION
_STUCK: Final = Runbook.STUCK_CONSUMER

TRADING: Final = (
    _critical(
        "matching-slow",
        _own("trade_matching_latency", "engine", "p99"),
        100,
        5,
        "p99 of matching is over 100 ms",
        _HALTED,
        subject=Subject.TRADING,
    ),
    _critical(
        "log-time-doubted",
        _own("engine_time_held", "engine", "max"),
        0,
        1,
        "the broker's time is more than a day ahead of the log's: it is held until an operator decides",
        Runbook.LOG_TIME,
        subject=Subject.STREAM,
    ),
    _critical(
        "command-failed",
        _own("engine_commands_failed_total", "engine", "max"),
        0,
        1,
        "a command met a defect of the engine: it was taken back, and its market halted",
        Runbook.FAILED_COMMAND,
    ),
    _down(
        "no-engine-publishes",
        _own("engine_active", "engine", "max"),
        "no engine holds the lease: trading stands still",
        _HALTED,
        Subject.TRADING,
    ),
    _down(
        "engine-unhealthy", _own("health_status", "engine", "max"), "no engine was healthy three times in a row", _HALTED, Subject.TRADING
    ),
    _down(
        "gateway-unhealthy",
        _own("health_status", "gateway", "max"),
        "no gateway was healthy three times in a row",
        _HALTED,
        Subject.GATEWAY,
    ),
    _down(
        "publisher-unhealthy",
        _own("health_status", "publisher", "max"),
        "the publisher was not healthy three times in a row",
        _STUCK,
        Subject.PUBLISHER,
    ),
    _warning(
        "fill-rate-low",
        FILL_RATE,
        80,
        60,
        "less than 80 % of the orders of an hour were filled",
        _HALTED,
        below=True,
        subject=Subject.TRADING,
    ),
    _warning(
        "nothing-trades",
        _percent(("trades_executed_total", "publisher"), ("orders_placed_total", "gateway"), "trades per order"),
        0.01,
        5,
        "orders are placed and nothing is matched",
        _HALTED,
        below=True,
        subject=Subject.TRADING,
    ),
    _warning(
        "sockets-reconnect",
        _percent(("websocket_reconnects_total", "gateway"), ("websocket_opened_total", "gateway"), "reconnects"),
        10,
        5,
        "more than 10 % of new sockets are of users who were cut off",
        subject=Subject.GATEWAY,
    ),
    # a minute, for each part speaks once in it: over a longer period the difference would be what was done meanwhile
    _warning(
        "gateway-behind",
        Gap(ahead=_own("event_watermark", "engine", "max"), behind=_own("event_watermark", "gateway", "min"), label="gateway"),
        10_000,
        1,
        "a gateway shows what was true 10,000 events ago",
        _STUCK,
        periods=5,
        subject=Subject.GATEWAY,
    ),
    _warning(
        "publisher-behind",
        Gap(ahead=_own("event_watermark", "engine", "max"), behind=_own("event_watermark", "publisher", "min"), label="publisher"),
        10_000,
        1,
        "the public topics are 10,000 events behind",
        _STUCK,
        periods=5,
        subject=Subject.PUBLISHER,
    ),
    _warning(
        "history-behind",
        _own("history_lag_events", "gateway", "max"),
        10_000,
        5,
        "the history is 10,000 events behind",
        _STUCK,
        subject=Subject.HISTORY,
    ),
    _warning(
        "snapshot-old",
        _own("engine_snapshot_age_seconds", "engine", "min"),
        900,
        5,
        "no engine has saved a snapshot for a quarter of an hour: the next start will be slow",
        periods=2,
        subject=Subject.TRADING,
    ),
    _warning(
        "views-rebuilt",
        _own("gateway_resyncs_total", "gateway"),
        0,
        5,
        "a gateway met a gap in the event log and rebuilt its views",
        _STUCK,
        subject=Subject.GATEWAY,
    ),
)

MONEY: Final = (
    _critical(
        "ledger-differs",
        _own("wallet_reconciliation_mismatch_total", "settlement"),
        0,
        1,
        "the engine's totals differ from the ledger's: settlement has stopped, pay nothing out",
        _STUCK,
        subject=Subject.SETTLEMENT,
    ),
    _critical(
        "books-differ",
        _own("wallet_reconciliation_mismatch_total", "maintenance"),
        0,
        1,
        "the nightly proof found the books unequal: pay nothing out",
    ),
    _critical(
        "statements-differ",
        _own("wallet_reconciliation_mismatch_total", "withdrawals"),
        0,
        1,
        "a statement of bank or chain and the withdrawals differ: look at the reconciliation items",
        _RECONCILIATION,
    ),
    _critical(
        "deposit-reversed",
        _own("wallet_deposits_reversed_total", "wallet"),
        0,
        5,
        "a credited deposit fell out of its chain: its user's withdrawals are blocked up to the amount",
        _RECONCILIATION,
    ),
    _critical(
        "settlement-fails",
        _own("settlement_errors_total", "settlement"),
        0,
        5,
        "batches of trades cannot be settled",
        _STUCK,
        periods=2,
        subject=Subject.SETTLEMENT,
    ),
    _warning(
        "settlement-behind",
        _own("pending_settlements", "maintenance", "max"),
        10_000,
        5,
        "the ledger is behind the history",
        _STUCK,
        subject=Subject.SETTLEMENT,
    ),
    _warning(
        "history-incomplete",
        _own("history_missing_orders_total", "history"),
        0,
        5,
        "orders changed that the history does not have",
        subject=Subject.HISTORY,
    ),
    _warning("cache-hit-rate-low", BALANCE_CACHE, 70, 15, "less than 70 % of balance reads come from Redis", below=True),
    _warning("outbox-waits", _own("outbox_waiting", "maintenance", "max"), 100, 5, "messages wait in the outbox: SQS or Kafka is away"),
    _warning(
        "outbox-delays",
        _own("outbox_delayed_total", "wallet"),
        10,
        5,
        "the wallet leaves its messages to the minute job: SQS or Kafka is away",
    ),
    _warning(
        "transfers-unanswered",
        _own("wallet_transfers_unanswered", "maintenance", "max"),
        0,
        5,
        "the engine has not answered a transfer for minutes",
        _HALTED,
        periods=2,
        subject=Subject.TRADING,
    ),
    _warning(
        "withdrawals-pile-up",
        _own("wallet_pending_withdrawals", "maintenance", "max"),
        100,
        15,
        "more than 100 withdrawals wait",
        subject=Subject.WITHDRAWALS,
    ),
    _critical(
        "payout-disputed",
        _own("payout_disputes_total", "withdrawals"),
        0,
        5,
        "the bank booked something else than a payout asked for",
        Runbook.PAYOUTS,
        subject=Subject.WITHDRAWALS,
    ),
    _warning(
        "payout-partner-away",
        _own("payout_partner_away_total", "withdrawals"),
        10,
        15,
        "bank, signer or node do not answer the payout worker",
        Runbook.PAYOUTS,
        subject=Subject.WITHDRAWALS,
    ),
    _warning(
        "deposit-partner-away",
        _own("deposit_partner_away_total", "wallet"),
        10,
        15,
        "bank or chain watcher do not say what came in: deposits whose webhook was lost wait",
        _RECONCILIATION,
    ),
    _warning(
        "payouts-wait",
        _own("payouts_waiting", "maintenance", "max"),
        20,
        60,
        "more than 20 approved withdrawals wait for the same thing",
        Runbook.PAYOUTS,
        subject=Subject.WITHDRAWALS,
    ),
    _warning(
        "differences-open",
        _own("wallet_reconciliations_open", "maintenance", "max"),
        0,
        60,
        "money waits that fits nothing, or differences to be explained",
        _RECONCILIATION,
    ),
    _warning(
        "float-low", _own("bank_balance", "maintenance", "min"), 100_000, 60, "the bank accounts hold less than 100,000 TRY", below=True
    ),
    _warning("rows-misplaced", _own("partition_rows_misplaced", "maintenance", "max"), 0, 15, "rows lie outside of every partition"),
)

ACCOUNTS: Final = (
    _critical(
        "second-factor-fails",
        _percent(("auth_2fa_failed_total", "auth"), ("auth_2fa_verifications", "auth"), "not accepted"),
        40,
        15,
        "more than 40 % of second factors are not accepted: an attacker may be guessing",
        subject=Subject.SECOND_FACTOR,
    ),
    _critical(
        "second-factor-guessed",
        _own("auth_2fa_lockout_total", "auth"),
        10,
        5,
        "more than ten second factors were locked in five minutes: an attacker is guessing",
        subject=Subject.SECOND_FACTOR,
    ),
    _critical("audit-lost", _own("audit_records_dropped_total", "gateway"), 0, 5, "audit records of staff's actions were dropped"),
    _warning(
        "registrations-fail",
        _percent(("auth_registration_failures", "auth"), ("auth_registration_total", "auth"), "failed"),
        10,
        2,
        "more than 10 % of registrations fail, forms filled in wrongly not counted",
    ),
    _warning(
        "registrations-slow",
        _own("auth_registration_duration_seconds", "auth", "p95"),
        0.5,
        5,
        "p95 of registrations is over half a second",
    ),
    _warning(
        "revocation-unchecked",
        _own("auth_revocation_unchecked_total", "gateway"),
        0,
        5,
        "tokens are taken although Redis cannot say whether they were revoked",
    ),
    _warning(
        "backup-codes-used",
        _own("auth_2fa_backup_used_total", "auth"),
        20,
        60,
        "backup codes are used unusually often",
        subject=Subject.SECOND_FACTOR,
    ),
    _warning(
        "second-factor-disabled",
        _own("auth_2fa_disabled_total", "auth"),
        5,
        60,
        "more than five second factors an hour go off",
        subject=Subject.SECOND_FACTOR,
    ),
    _warning("identity-backlog", _own("kyc_pending", "maintenance", "max"), 500, 60, "more than 500 identity documents wait"),
    _warning(
        "accounts-database",
        _own("auth_database_errors_total", "auth"),
        0,
        5,
        "PostgreSQL did not answer the accounts",
        periods=2,
        subject=Subject.DATABASE,
    ),
)

OWN_ALARMS: Final = (*TRADING, *MONEY, *ACCOUNTS)
