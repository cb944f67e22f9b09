"""The frame of a service: a function behind API Gateway whose routes are the declared handlers of its package ``routes``.

It brings what every such service has: who calls, the limits of the tier and of the operation, the second factor, CORS and proxies, answers to
whatever goes wrong, and the operations ``health``, ``health/ready`` and ``openapi.json``. A service gives its context, its settings, its document
and its handlers.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import msgspec

from mycrypto import health
from mycrypto.context import ServiceContext
from mycrypto.health import Health
from mycrypto.http.api import Api
from mycrypto.http.callers import named_by_gateway, verified
from mycrypto.http.openapi import Service, service_operations
from mycrypto.http.operation import Operation, declared_in
from mycrypto.http.request import Principal, Reply, Request
from mycrypto.http.settings import ServiceSettings
from mycrypto.security import second_factor
from mycrypto.telemetry import Logger, Meter


def service_api(
    name: str,
    routes: ModuleType,
    document: Service,
    context: Callable[[], ServiceContext],
    settings: ServiceSettings,
    logger: Logger,
    meter: Meter,
) -> Api:
    """The application of a service. ``context`` is opened when the first request needs it."""

    def show_second_factor(principal: Principal) -> None:
        at = context()
        second_factor.require_shown(at.redis, at.db.connection, principal.user_id, principal.sid, lenient=at.settings.is_local)

    def charge(request: Request, operation: Operation) -> None:
        """Count the request against the tier of who calls, and against the operation's own limit."""
        subject = request.client_ip
        if not operation.permission.is_open:
            caller = request.caller
            logger.append_keys(userId=str(caller.user_id))
            request.admit(context().take_token(caller.tier, caller.user_id))
            subject = subject if operation.limit is not None and operation.limit.per == "address" else str(caller.user_id)
        if operation.limit is not None:
            request.admit(context().take(context().limit_of(operation.limit), subject))

    return Api(
        logger,
        meter,
        [*_own(name, document, context), *declared_in(routes)],
        caller=verified(settings.bearer_keys_secret, context) if settings.bearer_keys_secret else named_by_gateway,
        second_factor=show_second_factor,
        charge=charge,
        database_errors=f"{name}_database_errors_total",
        proxy=settings.proxy,
        cors=settings.cors,
    )


def _own(name: str, document: Service, context: Callable[[], ServiceContext]) -> list[tuple[Operation, Callable[[Request], object]]]:
    """What every service answers about itself, in the order of :func:`service_operations`."""

    def get_health(_: Request) -> Health:
        return health.alive(name)

    def get_ready(_: Request) -> Reply:
        state = context().readiness()
        return Reply(state, status=state.http_status)

    def get_document(_: Request) -> Reply:
        return Reply(msgspec.Raw(document.text().encode()), headers={"Cache-Control": "public, max-age=300"})

    return list(zip(service_operations(name), (get_health, get_ready, get_document), strict=True))
