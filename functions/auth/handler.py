"""Lambda entry of auth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.auth.app import api, context
from functions.auth.cache_recovery import restore_cache
from functions.auth.kyc import documents_client
from functions.auth.routes import accounts, api_keys, kyc, passwords, second_factor, staff
from mycrypto import snapstart

__all__ = ["accounts", "api_keys", "handler", "kyc", "passwords", "second_factor", "staff"]

snapstart.after_restore(context.cache_clear, documents_client.cache_clear)


def handler(event: Mapping[str, Any], lambda_context: LambdaContext) -> dict[str, Any]:
    """Every request of the REST API below /api/auth."""
    restore_cache(context())
    return api(event, lambda_context)
