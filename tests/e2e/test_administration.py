"""What an operator changes through the front door: only with the role and a fresh second factor, and written down with what was before."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pyotp
import pytest

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, ApiError, Trader
from mycrypto_local.running import Running
from mycrypto_local.staff import grant_admin

RULES = "/api/v1/admin/rules"
AUDITED_SECONDS_MAX = 60


async def enrol(trader: Trader) -> list[str]:
    """Give the user a second factor; returns the backup codes."""
    setup = await trader.call("POST", "/api/auth/2fa/setup", {"password": trader.password})
    code = pyotp.TOTP(setup["manual_entry_key"]).now()
    done = await trader.call("POST", "/api/auth/2fa/verify-setup", {"setup_token": setup["setup_token"], "code": code})
    codes: list[str] = done["backup_codes"]
    return codes


async def log_in(trader: Trader, code: str) -> None:
    body = {"email": trader.email, "password": trader.password}
    challenge = (await trader.api.request("POST", "/api/auth/login", body, repeatable=True))["challenge_token"]
    answer = await trader.api.request("POST", "/api/auth/2fa/verify", {"challenge_token": challenge, "code": code})
    trader.access_token = answer["access_token"]


async def audited(operator: Trader, action: str, count: int) -> list[Any]:
    """The operator's entries of this kind in the audit log, newest first, once there are so many."""
    deadline = time.monotonic() + AUDITED_SECONDS_MAX
    while True:
        entries = (await operator.call("GET", "/api/auth/admin/audit-logs", query={"action": action, "limit": 100}))["data"]
        own = [entry for entry in entries if entry["actor_id"] == operator.user_id]
        if len(own) >= count:
            return own
        assert time.monotonic() < deadline
        await asyncio.sleep(0.5)


def test_the_rules_are_switched_by_an_operator_with_a_fresh_second_factor_and_audited(platform: Running) -> None:
    async def play() -> None:
        async with Api(platform.base_url) as api:
            operator = await Exchange(api, platform.webhooks).new_trader("operator")
            for method, body in (("GET", None), ("PUT", {"version": 1})):
                with pytest.raises(ApiError, match="FORBIDDEN"):
                    await operator.call(method, RULES, body)
            grant_admin(platform.accounts_dsn, operator.email)
            codes = await enrol(operator)
            await log_in(operator, codes[0])
            now = await operator.call("GET", RULES)
            with pytest.raises(ApiError, match="AUTH_003"):
                await operator.call("PUT", RULES, now)
            await operator.call("POST", "/api/auth/2fa/verify", {"code": codes[1]})
            for version in (now["version"] - 1, now["version"] + 1):  # never back, and nothing that this engine does not know
                with pytest.raises(ApiError, match="version is not accepted") as refused:
                    await operator.call("PUT", RULES, {"version": version})
                assert (refused.value.code, refused.value.problem["current"]) == ("VALIDATION_ERROR", now["version"])
            assert await operator.call("PUT", RULES, now) == now
            assert await operator.call("GET", RULES) == now
            entries = await audited(operator, "rules.set", 3)
            assert [(entry["old_value"], entry["new_value"], entry["resource"], entry["result"]) for entry in entries] == [
                (now, now, "rules", "SUCCESS"),
                (now, {"version": now["version"] + 1}, "rules", "FAILURE"),
                (now, {"version": now["version"] - 1}, "rules", "FAILURE"),
            ]

    asyncio.run(play())
