"""Lambda entry of the rotation: Secrets Manager's steps, from a deployment ``{"fill": [names], "publish": name of the private keys}``, and from
an operator ``{"renew_sealing": name}``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.rotation import service
from functions.rotation.settings import Settings
from functions.rotation.store import SecretsManager
from mycrypto import settings, telemetry

logger = telemetry.logger("rotation")
configuration = settings.load(Settings)


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Raises when a step cannot be done: then the old version stays current and Secrets Manager tries again."""
    store = SecretsManager()
    public = configuration.public_keys_secret_name
    if "fill" in event or "publish" in event:
        filled = service.fill(store, [str(name) for name in event.get("fill", ())])
        published = service.publish(store, str(event["publish"]), public) if "publish" in event else False
        logger.info("first values", count=len(filled), published=published)
        return {"filled": filled, "published": published}
    if "renew_sealing" in event:
        mark = service.renew_sealing(store, str(event["renew_sealing"]))
        logger.info("new sealing key", mark=mark)
        return {"mark": mark}
    step = str(event["Step"])
    service.rotate(store, str(event["SecretId"]), public, str(event["ClientRequestToken"]), step, datetime.now(UTC))
    logger.info("step done", step=step)
    return {}
