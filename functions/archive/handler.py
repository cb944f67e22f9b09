"""Lambda handler: records of ``engine-commands`` from MSK (locally from the event pump) into the archive, each once."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.archive import service
from functions.archive.settings import Settings
from mycrypto import archive, settings, telemetry

logger = telemetry.logger("archive")


@cache
def _store(shard: int) -> archive.BucketStore:
    return archive.BucketStore(settings.load(Settings).archive_bucket, shard)


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Archive the batch or raise: then Lambda hands over the same records again."""
    kept = 0
    for shard, records in service.records_by_shard(event).items():
        try:
            kept += archive.keep(_store(shard), shard, records)
        except archive.ArchiveError as error:
            logger.exception("the command log is not archived any more", shard=shard, alarm="ARCHIVE_STOPPED", kind=type(error).__name__)
            raise
    return {"archived": kept}
