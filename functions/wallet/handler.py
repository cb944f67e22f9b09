"""Lambda entry of the wallet."""

from __future__ import annotations

from functions.wallet import openapi, routes
from functions.wallet.app import context
from functions.wallet.context import SERVICE
from functions.wallet.settings import Settings
from mycrypto import settings, snapstart, telemetry
from mycrypto.http.service import service_api

snapstart.after_restore(context.cache_clear)

handler = service_api(
    SERVICE, routes, openapi.SERVICE, context, settings.load(Settings), telemetry.logger(SERVICE), telemetry.Meter(SERVICE)
)
