"""Whether the wallet is alive, and whether it can work."""

from __future__ import annotations

from typing import Any

import psycopg
import redis

from functions.wallet.context import SERVICE, Context
from functions.wallet.models import iso
from mycrypto.http import Reply


def alive(context: Context) -> dict[str, Any]:
    return {"status": "ok", "service": SERVICE, "timestamp": iso(context.now())}


def ready(context: Context) -> Reply:
    """503 when PostgreSQL does not answer; without Redis the wallet is slower and still right, so that is only told."""
    checks = {"database": _answers_database(context), "redis": _answers_redis(context)}
    good = checks["database"]
    body = {"status": "ok" if good else "unavailable", "checks": {name: "ok" if up else "down" for name, up in checks.items()}}
    return Reply(body, status=200 if good else 503)


def _answers_database(context: Context) -> bool:
    try:
        context.db.connection().execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def _answers_redis(context: Context) -> bool:
    try:
        return bool(context.redis.ping())
    except redis.RedisError:
        return False
