"""Lambda entry of the authorizer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import redis
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.authorizer.service import allow, call_of, deny
from functions.authorizer.settings import Settings
from mycrypto import cache as redis_cache
from mycrypto import settings, snapstart, telemetry
from mycrypto.errors import ProblemError
from mycrypto.security import bearer
from mycrypto.security.keys import KeyRing

logger = telemetry.logger("authorizer")
meter = telemetry.Meter("authorizer")
configuration = settings.load(Settings)


@cache
def server() -> redis.Redis:
    return redis_cache.client(configuration.redis_url, configuration.redis_secret_name)


@cache
def ring() -> KeyRing:
    return bearer.published_keys(configuration.public_keys_secret_name)


snapstart.after_restore(server.cache_clear, ring.cache_clear)


def _decided(outcome: str, *, unchecked: bool) -> None:
    meter.write({"authorizer_decisions_total": 1, "auth_revocation_unchecked_total": int(unchecked)}, outcome=outcome)


def handler(event: Mapping[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Allows or denies; what is raised becomes the gateway's 503."""
    call = call_of(event)
    unchecked = False

    def outage() -> None:
        nonlocal unchecked
        unchecked = True
        logger.warning("Redis does not know which tokens were revoked")

    try:
        claims = bearer.authorize(call, ring(), bearer.marks_in(server), on_outage=outage)
    except ProblemError as refusal:
        logger.info("refused", reason=refusal.detail, path=call.path)
        _decided("deny", unchecked=unchecked)
        return deny(event)
    _decided("allow", unchecked=unchecked)
    prefix = configuration.usage_plan_prefix
    return allow(event, claims, f"{prefix}{claims.tier.value}" if prefix else "")
