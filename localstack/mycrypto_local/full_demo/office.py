"""Staff: who finds whom, what support may not do, what a suspension stops; and the public keys with which anyone checks a token."""

from __future__ import annotations

import base64
import json
from typing import Any

from mycrypto_local.client import JSON, Trader
from mycrypto_local.full_demo.identity import PHONE
from mycrypto_local.full_demo.stage import Stage
from mycrypto_local.staff import new_operator

_USERS = "/api/auth/admin/users"


async def play(stage: Stage, elif_: Trader) -> None:
    await _keys(stage, elif_)
    await _search(stage, elif_)
    await _support(stage, elif_)
    await _suspend(stage, elif_)
    await _mails(stage, elif_)


async def _keys(stage: Stage, elif_: Trader) -> None:
    found = await stage.step(
        "anyone reads the public keys of tokens", stage.api.request("GET", "/.well-known/jwks.json"), "a JSON Web Key Set"
    )
    same = await stage.api.request("GET", "/api/auth/.well-known/jwks.json")
    stage.check(found == same, "the keys at the root are those of the auth service", same)
    head = elif_.access_token.split(".")[0]
    key_id = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
    stage.check(key_id in {key["kid"] for key in found["keys"]}, "Elif's token names one of them", key_id)


async def _search(stage: Stage, elif_: Trader) -> None:
    async def found(**query: Any) -> list[JSON]:
        page = await stage.first.call("GET", _USERS, query={"limit": 100, "email": elif_.email, **query})
        rows: list[JSON] = page["data"]
        return rows

    by_all = found(id=elif_.user_id, phone=PHONE, name="Elif", kyc_level=2, role="USER", status="ACTIVE")
    seen = await stage.step("staff search for Elif", by_all, "by id, e-mail, phone, name, level, role and status")
    stage.check([row["id"] for row in seen] == [elif_.user_id], "Elif is found by all of them together", seen)
    stage.check(await found(kyc_level=3) == [], "… and not by another level", "")
    path = f"{_USERS}/{elif_.user_id}/tier"
    raised = await stage.step(
        "staff give Elif higher limits of requests", stage.first.call("PUT", path, {"tier": "pro", "reason": "asked for it"})
    )
    stage.check(raised["rate_limit_tier"] == "pro", "the tier is in force", raised)


async def _support(stage: Stage, elif_: Trader) -> None:
    support = await stage.step("a third of staff comes", new_operator(stage.exchange, stage.running.accounts_dsn), "ADMIN")
    body = {"roles": ["USER", "SUPPORT"], "reason": "helps users, moves no money"}
    await stage.step("… whose role becomes SUPPORT", stage.first.call("PUT", f"{_USERS}/{support.user_id}/roles", body))
    await stage.step("… and logs in with it", support.login())
    seen = await stage.step("support looks at Elif's account", support.call("GET", f"{_USERS}/{elif_.user_id}"))
    stage.check(seen["id"] == elif_.user_id, "support reads", seen)
    change = {"status": "SUSPENDED", "reason": "wants to"}
    await stage.refused("a suspension by support", support.call("PUT", f"{_USERS}/{elif_.user_id}/status", change), "FORBIDDEN")
    await stage.refused("a look by support at withdrawals", support.call("GET", "/api/wallet/admin/withdrawals"), "FORBIDDEN")


async def _suspend(stage: Stage, elif_: Trader) -> None:
    path = f"{_USERS}/{elif_.user_id}/status"
    await stage.step("staff suspend Elif", stage.first.call("PUT", path, {"status": "SUSPENDED", "reason": "a phone call"}), "at once")
    body = {"email": elif_.email, "password": elif_.password}
    await stage.refused("a log-in to a suspended account", stage.api.request("POST", "/api/auth/login", body), "ACCOUNT_SUSPENDED")
    await stage.refused("Elif's own token", elif_.call("GET", "/api/wallet/balances"), "UNAUTHORIZED")
    await stage.step("… and make the account active again", stage.first.call("PUT", path, {"status": "ACTIVE", "reason": "it was Elif"}))
    await stage.step("Elif logs in again", elif_.login())


async def _mails(stage: Stage, elif_: Trader) -> None:
    mails = await stage.step("Elif's mails are read", stage.api.mails(elif_.email), "in Turkish, as text and HTML")
    stage.check(bool(mails) and all(mail["text"] and mail["html"] for mail in mails), "every mail has both forms", mails[:1])
