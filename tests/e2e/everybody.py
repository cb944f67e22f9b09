"""Every kind of caller of an operation, and requests that are made from the documents."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec
import psycopg
import redis

from mycrypto.http.operation import Operation
from mycrypto.security import api_keys
from mycrypto.security.api_keys import Scope
from mycrypto.security.tokens import Role
from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, Trader
from mycrypto_local.running import Running

UNKNOWN_ID: Final = "019a0000-0000-7000-8000-000000000000"


@dataclass
class Actor:
    """A sender of requests: with a token, with a key, or with neither."""

    name: str
    roles: tuple[Role, ...] = ()
    token: str = ""
    key_id: str = ""
    secret: str = ""
    scopes: tuple[Scope, ...] = ()
    user_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def signed(self, method: str, target: str, body: bytes) -> dict[str, str]:
        """The headers that authenticate the actor."""
        if self.token:
            return self.headers | {"Authorization": f"Bearer {self.token}"}
        if not self.key_id:
            return dict(self.headers)
        stamp = str(time.time_ns() // 1_000_000)
        signature = api_keys.sign(self.secret.encode(), timestamp=stamp, method=method, target=target, body=body)
        return self.headers | {
            api_keys.KEY_HEADER: self.key_id,
            api_keys.TIMESTAMP_HEADER: stamp,
            api_keys.VERSION_HEADER: api_keys.VERSION,
            api_keys.SIGNATURE_HEADER: signature,
        }


def send(door: httpx.Client, actor: Actor, method: str, target: str, body: bytes = b"", media: str = "application/json") -> httpx.Response:
    """One request; ``target`` goes out as it stands."""
    headers = actor.signed(method.upper(), target, body) | ({"Content-Type": media} if body else {})
    return door.request(method.upper(), target, content=body, headers=headers)


def filled_path(operation: Operation, parts: Mapping[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda found: parts.get(found[1], UNKNOWN_ID), operation.path)


class NoLimits:
    """Takes away what Redis counts, so that a test that asks often is answered as one that asks once. Gateways hold a part of a bucket for
    a moment; whose tier has no limit does not notice.
    """

    def __init__(self, platform: Running) -> None:
        self._redis = redis.Redis.from_url(platform.redis_url)

    def forget(self) -> None:
        if names := list(self._redis.scan_iter("ratelimit:*", count=1_000)):
            self._redis.delete(*names)

    def close(self) -> None:
        self._redis.close()


async def _signed_in(api: Api, platform: Running, name: str, roles: tuple[Role, ...]) -> Trader:
    """A verified user of the tier without limits and of the level without limits."""
    trader = await Exchange(api, platform.webhooks).new_trader(name)
    with psycopg.connect(platform.accounts_dsn) as connection:
        connection.execute(
            "UPDATE users SET roles = %s, rate_limit_tier = 'vip', updated_at = now() WHERE email = %s", (list(roles), trader.email)
        )
    await trader.login()
    return trader


async def _key(trader: Trader, *scopes: Scope) -> Mapping[str, Any]:
    body = {"label": "matrix", "scopes": [scope.value for scope in scopes], "password": trader.password}
    known = {field.encode_name for field in msgspec.structs.fields(_key_request())}
    made: Mapping[str, Any] = await trader.call(
        "POST", "/api/auth/api-keys", {name: value for name, value in body.items() if name in known}
    )
    return made


def _key_request() -> type[msgspec.Struct]:
    from functions.auth.models import ApiKeyRequest

    return ApiKeyRequest


def everybody(platform: Running) -> dict[str, Actor]:
    """A caller without credentials, one user of each role, keys of a user, and a suspended user with the token and the key from before."""

    async def make() -> dict[str, Actor]:
        async with Api(platform.base_url) as api:
            found = {"stranger": Actor("stranger")}
            for role in Role:
                trader = await _signed_in(api, platform, f"matrix-{role.value.lower()}", (role,))
                found[role.value] = Actor(role.value, (role,), trader.access_token, user_id=trader.user_id)
                if role is Role.USER:
                    for name, scopes in (("reading key", (Scope.READ,)), ("trading key", (Scope.READ, Scope.TRADE))):
                        key = await _key(trader, *scopes)
                        found[name] = Actor(name, (role,), key_id=key["key_id"], secret=key["secret"], scopes=scopes)
            gone = await _signed_in(api, platform, "matrix-suspended", (Role.USER, Role.ADMIN))
            key = await _key(gone, Scope.READ, Scope.TRADE)
            change = {"status": "SUSPENDED", "reason": "a test of the matrix"}
            await api.request("PUT", f"/api/auth/admin/users/{gone.user_id}/status", change, token=found["ADMIN"].token)
            await asyncio.sleep(1)  # a gateway may know a token or a key for so long
            found["suspended"] = Actor("suspended", token=gone.access_token, user_id=gone.user_id)
            found["suspended's key"] = Actor("suspended's key", key_id=key["key_id"], secret=key["secret"])
            return found

    return asyncio.run(make())
