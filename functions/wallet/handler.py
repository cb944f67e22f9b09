"""Lambda entry of the wallet: its API, and the schedule that asks the partners for reports and tells the gateway what is offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.wallet import offers, openapi, polling, routes
from functions.wallet.app import context
from functions.wallet.context import SERVICE
from functions.wallet.settings import Settings
from mycrypto import settings, snapstart, telemetry
from mycrypto.http.service import service_api

snapstart.after_restore(context.cache_clear)

api = service_api(SERVICE, routes, openapi.SERVICE, context, settings.load(Settings), telemetry.logger(SERVICE), telemetry.Meter(SERVICE))


def handler(event: Mapping[str, Any], lambda_context: LambdaContext) -> dict[str, Any]:
    """What the schedule or API Gateway asks for. No request has a member ``job``: API Gateway makes the event."""
    if event.get("job") == "deposits":
        found = polling.run(context(), polling.sources(context()))
        offers.keep(context())
        return {"deposits": found}
    return api(event, lambda_context)
