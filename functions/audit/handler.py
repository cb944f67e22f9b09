"""Lambda entry of audit: batches of the audit queue, one transaction each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.audit import service, store
from functions.audit.settings import Settings
from functions.audit.store import AuditRow
from mycrypto import database, queue, receipts, settings, telemetry

logger = telemetry.logger("audit")
meter = telemetry.Meter("audit")
configuration = settings.load(Settings)


@cache
def db() -> database.Database:
    return database.Database(configuration.database_url, configuration.database_secret_name, application="audit")


def handler(event: Mapping[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Bad messages are named for redelivery and end as dead letters; if the database fails, the whole batch is delivered again."""
    rows: list[AuditRow] = []
    answer = queue.consume(event, lambda envelope: rows.append(service.row_of(envelope)), logger)
    if rows:
        meter.count("audit_records_total", store.insert(db().connection(), rows))
        receipts.give(db().connection(), [row.id for row in rows])
    return answer
