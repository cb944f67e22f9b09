"""Lambda entry of the authorizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

import redis
from aws_lambda_powertools.utilities.typing import LambdaContext
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from functions.authorizer.service import Call, allow, authorize, deny
from functions.authorizer.settings import Settings
from mycrypto import cache as redis_cache
from mycrypto import secrets, settings, snapstart, telemetry
from mycrypto.errors import ProblemError
from mycrypto.security import keys
from mycrypto.security.keys import KeyRing

logger = telemetry.logger("authorizer")
meter = telemetry.Meter("authorizer")
configuration = settings.load(Settings)


@cache
def server() -> redis.Redis:
    return redis_cache.client(configuration.redis_url, configuration.redis_secret_name)


@cache
def ring() -> KeyRing:
    def load() -> dict[str, RSAPublicKey]:
        secrets.forget()  # the ring decides how often to ask; it must then see a key that was just added
        found = keys.parse(secrets.get(configuration.public_keys_secret_name))
        if not found:
            raise keys.KeyMaterialError("the secret of public keys holds none")  # an outage, and not every token's fault
        return found

    return KeyRing(load)


snapstart.after_restore(server.cache_clear, ring.cache_clear)


def _read_marks(names: Sequence[str]) -> Sequence[bytes | None]:
    return cast("list[bytes | None]", server().mget(names))


def _decided(outcome: str, *, unchecked: bool) -> None:
    meter.write({"authorizer_decisions_total": 1, "auth_revocation_unchecked_total": int(unchecked)}, outcome=outcome)


def handler(event: Mapping[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Allows or denies; what is raised becomes the gateway's 503."""
    call = Call.of(event)
    unchecked = False

    def outage() -> None:
        nonlocal unchecked
        unchecked = True
        logger.warning("Redis does not know which tokens were revoked")

    try:
        claims = authorize(call, ring(), _read_marks, on_outage=outage)
    except ProblemError as refusal:
        logger.info("refused", reason=refusal.detail, path=call.path)
        _decided("deny", unchecked=unchecked)
        return deny(call)
    _decided("allow", unchecked=unchecked)
    prefix = configuration.usage_plan_prefix
    return allow(call, claims, f"{prefix}{claims.tier.value}" if prefix else "")
