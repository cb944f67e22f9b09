"""The HTTP application of the wallet: its routes register here, and share who calls, how often, and what everything works with."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from functions.wallet.context import SERVICE, Context
from functions.wallet.models import Withdrawal
from functions.wallet.openapi import OPERATIONS
from functions.wallet.settings import LOCAL, Settings
from mycrypto import settings, telemetry
from mycrypto.errors import ProblemError
from mycrypto.http.api import Api
from mycrypto.http.request import Principal, Request
from mycrypto.ratelimit import Limit
from mycrypto.security import second_factor

logger = telemetry.logger(SERVICE)
meter = telemetry.Meter(SERVICE)
configuration = settings.load(Settings)


@cache
def context() -> Context:
    """The one of this execution environment."""
    return Context.from_settings(configuration, logger, meter)


def _second_factor(principal: Principal) -> None:
    """Raises AUTH_003 unless it was shown a moment ago; on one machine an administrator may have none."""
    lenient = context().settings.stage == LOCAL
    second_factor.require_shown(context().redis, context().db.connection, principal.user_id, principal.sid, lenient=lenient)


api = Api(
    logger,
    meter,
    operations=OPERATIONS,
    second_factor=_second_factor,
    database_errors="wallet_database_errors_total",
    proxy=configuration.proxy,
    cors=configuration.cors,
)


def limited(request: Request, limit: Limit, subject: str) -> None:
    """Count the call. Raises RATE_LIMIT_EXCEEDED."""
    request.admit(context().take(limit, subject))


def caller(request: Request, limit: Limit | None = None) -> Principal:
    """Who calls, within the calls per minute of their tier and of the endpoint."""
    principal = request.principal()
    logger.append_keys(userId=str(principal.user_id))
    request.admit(context().take_token(principal.tier, principal.user_id))
    if limit is not None:
        limited(request, limit, str(principal.user_id))
    return principal


def identifier(text: str, code: str) -> UUID:
    """A path part as an id; what is none names nothing, so it is not found."""
    try:
        return UUID(text)
    except ValueError:
        raise ProblemError(code) from None


def metered(withdrawal: Withdrawal) -> Withdrawal:
    """Count a withdrawal by where it stands now."""
    meter.count("wallet_withdrawals_total", currency=withdrawal.currency, outcome=withdrawal.status)
    return withdrawal
