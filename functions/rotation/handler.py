"""Lambda entry of the rotation: Secrets Manager's steps, and ``{"fill": [names]}`` from a deployment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.rotation import service
from functions.rotation.store import SecretsManager
from mycrypto import telemetry

logger = telemetry.logger("rotation")


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Raises when a step cannot be done: then the old version stays current and Secrets Manager tries again."""
    store = SecretsManager()
    if "fill" in event:
        filled = service.fill(store, [str(name) for name in event["fill"]])
        logger.info("first values", count=len(filled))
        return {"filled": filled}
    step = str(event["Step"])
    service.rotate(store, str(event["SecretId"]), str(event["ClientRequestToken"]), step, datetime.now(UTC))
    logger.info("step done", step=step)
    return {}
