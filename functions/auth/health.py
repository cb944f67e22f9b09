"""Is this function alive, and can it reach what it needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from functions.auth.context import SERVICE, Context
from mycrypto.http import Reply

VERSION: Final = "1"
_STARTED: Final = time.monotonic()


def alive() -> dict[str, Any]:
    return {
        "status": "ok",
        "service": SERVICE,
        "version": VERSION,
        "timestamp": datetime.now(UTC),
        "uptime_s": int(time.monotonic() - _STARTED),
    }


def ready(context: Context) -> Reply:
    """200 if everything answers, 503 and which part does not otherwise."""
    probes: dict[str, Callable[[], object]] = {
        "database": lambda: context.db.connection().execute("SELECT 1 FROM users LIMIT 1"),
        "redis": context.redis.ping,
        "token_keys": lambda: context.keys.signing,
    }
    parts = {name: _state(context, name, probe) for name, probe in probes.items()}
    good = all(state == "ok" for state in parts.values())
    return Reply({"status": "ready" if good else "not ready", "service": SERVICE, "checks": parts}, status=200 if good else 503)


def _state(context: Context, name: str, probe: Callable[[], object]) -> str:
    try:
        probe()
    except Exception as error:  # noqa: BLE001 - whatever it is, the part is not ready
        context.logger.warning("a dependency is not ready", part=name, error=str(error))
        return "failing"
    return "ok"
