"""Lambda handler: records of ``engine-events`` from MSK (locally from the event pump)."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.history import service
from functions.history.settings import Settings
from mycrypto import settings, telemetry
from mycrypto.database import Database
from mycrypto.projection import records_by_shard

logger = telemetry.logger("history")
meter = telemetry.Meter("history")


@cache
def _database() -> Database:
    environment = settings.load(Settings)
    return Database(environment.database_url, environment.database_secret_name, application="history")


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Project the batch or raise: then Lambda hands over the same records again."""
    applied = watermark = 0
    for shard, records in records_by_shard(event).items():
        try:
            with _database().transaction() as connection:
                outcome = service.project(connection, shard, records)
        except Exception as error:
            logger.exception("history stopped", shard=shard, alarm="HISTORY_STOPPED", kind=type(error).__name__)
            meter.count("history_errors_total", kind=type(error).__name__)
            raise
        if outcome.missing:
            logger.error("orders changed that the history does not have", shard=shard, missing=outcome.missing)
        meter.write({"history_missing_orders_total": outcome.missing, "history_errors_total": 0})
        applied, watermark = applied + outcome.applied, max(watermark, outcome.watermark)
    return {"applied": applied, "watermark": watermark}
