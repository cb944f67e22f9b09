"""Lambda entry of auth: its API, and the hourly jobs: what is sealed with an earlier key is sealed again, old applications are deleted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.auth import kyc_retention, openapi, resealing, routes
from functions.auth.app import context
from functions.auth.cache_recovery import restore_cache
from functions.auth.context import SERVICE
from functions.auth.kyc import documents_client, links_client
from functions.auth.settings import load
from mycrypto import secrets, snapstart, telemetry
from mycrypto.http.service import service_api

snapstart.after_restore(context.cache_clear, documents_client.cache_clear, links_client.cache_clear)

api = service_api(SERVICE, routes, openapi.SERVICE, context, load(), telemetry.logger(SERVICE), telemetry.Meter(SERVICE))


def _reseal(elapsed: Callable[[], float]) -> Any:
    secrets.forget()  # a new key may have come a moment ago
    return resealing.run(context(), elapsed)


def _forget(elapsed: Callable[[], float]) -> Any:
    return kyc_retention.run(context(), elapsed)


def _timed(job: Callable[[Callable[[], float]], Any]) -> dict[str, Any]:
    began = time.monotonic()
    done: dict[str, Any] = msgspec.to_builtins(job(lambda: time.monotonic() - began))
    return done


_JOBS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "reseal": lambda: _timed(_reseal),
    "retention": lambda: _timed(_forget),
}


def handler(event: Mapping[str, Any], lambda_context: LambdaContext) -> dict[str, Any]:
    """What the schedule asks for, or a request of the REST API below /api/auth. No request has a member ``job``: API Gateway makes the event."""
    restore_cache(context())
    job = _JOBS.get(event.get("job", ""))
    return api(event, lambda_context) if job is None else job()
