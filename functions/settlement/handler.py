"""Lambda handler: records of ``engine-events`` from MSK (locally from the event pump)."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.settlement import service
from functions.settlement.settings import Settings
from mycrypto import balance_cache, settings, telemetry
from mycrypto.cache import Cache, client
from mycrypto.database import Database
from mycrypto.outbox import Relay, SqsSender
from mycrypto.projection import records_by_shard

logger = telemetry.logger("settlement")
meter = telemetry.Meter("settlement")


class _Resources:
    """What stays open while the function is warm."""

    def __init__(self) -> None:
        environment = settings.load(Settings)
        self.database = Database(environment.database_url, environment.database_secret_name, application="settlement")
        self.cache = Cache(lambda: client(environment.redis_url, environment.redis_secret_name))
        self.relay = Relay({"sqs": SqsSender(environment.stage)}, _delayed)


def _delayed(destination: str, error: Exception) -> None:
    logger.warning("messages wait in the outbox", destination=destination, error=str(error))
    meter.count("outbox_delayed_total", destination=destination)


@cache
def _resources() -> _Resources:
    return _Resources()


def _measure(outcome: service.Outcome) -> None:
    """What went well, and that nothing went wrong: an alarm tells silence from absence."""
    meter.write(
        {
            "settlements_processed_total": outcome.trades,
            "settlement_latency_seconds": max(0, time.time_ns() // 1_000_000 - outcome.time_ms) / 1_000,
            "settlement_errors_total": 0,
            "wallet_reconciliation_mismatch_total": 0,
            "outbox_delayed_total": 0,
        },
        status="SETTLED",
    )


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Settle the batch or raise: then Lambda hands over the same records again."""
    resources = _resources()
    applied = watermark = 0
    for shard, records in records_by_shard(event).items():
        try:
            with resources.database.transaction() as connection:
                outcome = service.settle(connection, shard, records)
        except Exception as error:
            logger.exception("settlement stopped", shard=shard, alarm="SETTLEMENT_STOPPED", kind=type(error).__name__)
            meter.count("settlement_errors_total", kind=type(error).__name__)
            if isinstance(error, service.TotalsMismatchError):
                meter.count("wallet_reconciliation_mismatch_total")
            raise
        balance_cache.drop(resources.cache, outcome.changed)
        if outcome.mails:
            resources.relay.flush(resources.database.connection())
        if outcome.applied:
            _measure(outcome)
        applied, watermark = applied + outcome.applied, max(watermark, outcome.watermark)
    return {"applied": applied, "watermark": watermark}
