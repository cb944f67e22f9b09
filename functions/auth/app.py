"""The HTTP application of auth: its routes register here, and share who calls, how often, and what everything works with."""

from __future__ import annotations

from functools import cache
from typing import cast

from functions.auth.context import SERVICE, Client, Context
from functions.auth.openapi import OPERATIONS
from functions.auth.settings import load
from mycrypto import telemetry
from mycrypto.http.api import Api
from mycrypto.http.request import Principal, Request
from mycrypto.ratelimit import Limit
from mycrypto.security import revocation, second_factor, tokens

logger = telemetry.logger(SERVICE)
meter = telemetry.Meter(SERVICE)
settings = load()


@cache
def context() -> Context:
    """The one of this execution environment."""
    return Context.from_settings(settings, logger, meter)


def _second_factor(principal: Principal) -> None:
    """Raises AUTH_003 unless it was shown a moment ago; on one machine an administrator may have none."""
    at_hand = context()
    second_factor.require_shown(at_hand.redis, at_hand.db.connection, principal.user_id, principal.sid, lenient=at_hand.is_local)


api = Api(
    logger,
    meter,
    operations=OPERATIONS,
    second_factor=_second_factor,
    database_errors="auth_database_errors_total",
    proxy=settings.proxy,
    cors=settings.cors,
)


def client(request: Request) -> Client:
    """Where the request came from."""
    return Client(request.client_ip, request.user_agent, request.trace_id)


def limited(request: Request, limit: Limit, subject: str) -> None:
    """Count the call. Raises RATE_LIMIT_EXCEEDED."""
    request.admit(context().take(limit, subject))


def caller(request: Request) -> Principal:
    """Who calls, within the calls per minute of their tier. Raises UNAUTHORIZED, RATE_LIMIT_EXCEEDED."""
    principal = request.principal()
    logger.append_keys(userId=str(principal.user_id))
    request.admit(context().take_token(principal.tier, principal.user_id))
    return principal


def bearer_caller(request: Request) -> Principal:
    """Who calls a route that the authorizer does not guard because it is open to others too. Raises UNAUTHORIZED, INVALID_TOKEN."""
    claims = tokens.verify_access(tokens.bearer(request.header("authorization")), context().keys.public)
    marks = cast("list[bytes | None]", context().redis.mget(revocation.keys_of(claims)))
    if revocation.is_revoked(claims, marks):
        raise tokens.invalid_token("the token has been revoked")
    return Principal(claims.sub, claims.email, claims.roles, claims.tier, claims.kyc_level, claims.jti, claims.sid, claims.exp)


def is_fresh(principal: Principal) -> bool:
    """Whether the second factor was shown in this session within the last five minutes."""
    return second_factor.was_shown(context().redis, principal.sid)
