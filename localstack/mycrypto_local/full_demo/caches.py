"""Redis is wiped, and no number changes: what it held is a copy of what PostgreSQL and the log have."""

from __future__ import annotations

import asyncio
from typing import Final

import redis

from mycrypto_local.client import JSON, Trader
from mycrypto_local.full_demo.stage import Stage

_OWN: Final = ("/api/wallet/balances", "/api/wallet/transactions", "/api/wallet/limits", "/api/v1/account/balances", "/api/auth/profile")
_OPEN: Final = ("/api/v1/orderbook/BTCTRY", "/api/v1/trades?symbol=BTCTRY")
_MOMENT: Final = "timestamp"


async def play(stage: Stage, elif_: Trader, gone: Trader) -> None:
    """``gone`` has logged out."""
    before = await stage.step("Elif reads balances, history, limits and the market", _numbers(stage, elif_))
    wiped = await stage.step("Redis is wiped", asyncio.to_thread(_wipe, stage.running.redis_url))
    stage.check(wiped > 0, "it held something", wiped)
    after = await stage.step("Elif reads the same again", _numbers(stage, elif_))
    stage.check(after == before, "no number has changed", after)
    for path, code in (("/api/wallet/balances", "UNAUTHORIZED"), ("/api/v1/account/balances", "INVALID_TOKEN")):
        await stage.refused(f"a token that was ended before the wipe, at {path},", gone.call("GET", path), code)


def _wipe(url: str) -> int:
    with redis.Redis.from_url(url) as server:
        found = int(server.dbsize())
        server.flushdb()
    return found


async def _numbers(stage: Stage, trader: Trader) -> list[JSON]:
    found = [await trader.call("GET", path) for path in _OWN] + [await stage.api.request("GET", path) for path in _OPEN]
    return [{name: value for name, value in answer.items() if name != _MOMENT} for answer in found]
