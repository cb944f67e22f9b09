"""Lambda entry of auth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.auth import openapi, routes
from functions.auth.app import context
from functions.auth.cache_recovery import restore_cache
from functions.auth.context import SERVICE
from functions.auth.kyc import documents_client
from functions.auth.settings import load
from mycrypto import snapstart, telemetry
from mycrypto.http.service import service_api

snapstart.after_restore(context.cache_clear, documents_client.cache_clear)

api = service_api(SERVICE, routes, openapi.SERVICE, context, load(), telemetry.logger(SERVICE), telemetry.Meter(SERVICE))


def handler(event: Mapping[str, Any], lambda_context: LambdaContext) -> dict[str, Any]:
    """Every request of the REST API below /api/auth."""
    restore_cache(context())
    return api(event, lambda_context)
