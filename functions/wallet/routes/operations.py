"""What the function says about itself."""

from __future__ import annotations

import msgspec

from functions.wallet.app import api, context
from functions.wallet.context import SERVICE
from mycrypto import health
from mycrypto.health import Health
from mycrypto.http.request import Reply, Request


@api.get("/api/wallet/health")
def get_health(_: Request) -> Health:
    return health.alive(SERVICE)


@api.get("/api/wallet/health/ready")
def get_ready(_: Request) -> Reply:
    needed = {"database": lambda: context().db.connection().execute("SELECT 1")}
    state = health.readiness(needed, {"redis": context().redis.ping}, context().part_missing)
    return Reply(state, status=state.http_status)


@api.get("/api/wallet/openapi.json")
def get_document(_: Request) -> Reply:
    from functions.wallet import openapi

    return Reply(msgspec.Raw(openapi.SERVICE.text().encode()), headers={"Cache-Control": "public, max-age=300"})
