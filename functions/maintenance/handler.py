"""Lambda handler of the minute job and of the hourly ones (archive, liabilities), each invoked by its schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.maintenance import archive, measures, service
from functions.maintenance.archive_bucket import ArchiveBucket
from functions.maintenance.settings import Settings
from mycrypto import cache as redis_cache
from mycrypto import settings, telemetry
from mycrypto.database import Database
from mycrypto.liabilities import publishing
from mycrypto.log_producer import LogProducer
from mycrypto.outbox import KafkaSender, Relay, SqsSender

ARCHIVE_MS_MIN: Final = 300_000
"""Time that must be left to begin with another partition."""

NODES_DROPPED_MAX: Final = 200_000
"""Of one hour: the rest waits for the next."""

logger = telemetry.logger("maintenance")
meter = telemetry.Meter("maintenance")


class _Resources:
    """What stays open while the function is warm."""

    def __init__(self) -> None:
        environment = settings.load(Settings)
        producer = LogProducer(environment.kafka_bootstrap_servers, environment.kafka_auth)
        self.exchange = Database(environment.database_url, environment.database_secret_name, application="maintenance")
        self.trade = Database(environment.trade_database_url, environment.trade_database_secret_name, application="maintenance")
        self.archive = ArchiveBucket(environment.archive_bucket)
        self.statements = measures.Statements()
        self.redis = redis_cache.client(environment.redis_url, environment.redis_secret_name) if environment.redis_url else None
        self.relay = Relay({"kafka": KafkaSender(producer), "sqs": SqsSender(environment.stage)}, _delayed)


def _delayed(destination: str, error: Exception) -> None:
    logger.warning("messages wait in the outbox", destination=destination, error=str(error))


def _failed(step: str, error: Exception) -> None:
    logger.error("maintenance step failed", step=step, exc_info=error)


@cache
def _resources() -> _Resources:
    return _Resources()


class MaintenanceError(RuntimeError):
    """A step failed; the log has its reason."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The job that the schedule names."""
    match event.get("job"):
        case "archive":
            return _archive(context)
        case "liabilities":
            return _publish_liabilities()
        case _:
            return _maintain()


def _publish_liabilities() -> dict[str, Any]:
    """Once a day; an hour in which it fails is followed by another. Raises LiabilitiesError if the tree is not what the ledger owes."""
    connection, now = _resources().exchange.connection(), datetime.now(UTC)
    try:
        found = publishing.publish(connection, now, once_a_day=True)
    except publishing.LiabilitiesError as error:
        logger.exception("the books differ", alarm="RECONCILIATION_MISMATCH", differences=[str(error)])
        raise
    gone = publishing.forget(connection, now, NODES_DROPPED_MAX)
    answer: dict[str, Any] = {
        "published": found.number if found else None,
        "event_number": found.event_number if found else None,
        "rows_deleted": gone,
    }
    logger.info("liabilities published" if found else "liabilities were published today", **answer)
    return answer


def _archive(context: LambdaContext) -> dict[str, Any]:
    """Copy and drop until nothing is due or the time is nearly up; what is left waits for the next hour."""
    resources = _resources()
    report = archive.Report()
    while context.get_remaining_time_in_millis() > ARCHIVE_MS_MIN:
        if not archive.step(report, resources.exchange.connection(), resources.trade.connection(), resources.archive, datetime.now(UTC)):
            break
    meter.count("partitions_archived_total", len(report.copied))
    meter.count("partitions_dropped_total", len(report.dropped))
    logger.info("archived", **msgspec.to_builtins(report))
    answer: dict[str, Any] = msgspec.to_builtins(report)
    return answer


def _maintain() -> dict[str, Any]:
    """Do every step, then raise if any failed, so that the failure counts as one."""
    resources = _resources()
    report = service.run(
        datetime.now(UTC),
        resources.relay,
        resources.exchange.connection,
        resources.trade.connection,
        _failed,
        resources.redis,
        resources.statements,
    )
    measures.write(meter, report)
    if report.books_differ:
        logger.error("the books differ", alarm="RECONCILIATION_MISMATCH", differences=report.books_differ)
    logger.info("maintained", **msgspec.to_builtins(report))
    if report.failed:
        raise MaintenanceError(", ".join(report.failed))
    answer: dict[str, Any] = msgspec.to_builtins(report)
    return answer
