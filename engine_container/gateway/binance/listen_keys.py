"""Keys of the older kind of user data streams: made with an API key, good for an hour, kept in Redis for every gateway."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, Final

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.admission import known_key, permitted
from engine_container.gateway.binance.asked import Asked, spot
from engine_container.gateway.parts import Gateway
from mycrypto.permissions import READING

LIFE_MS: Final = 60 * 60 * 1_000
LENGTH: Final = 60
_PATH: Final = "/api/v3/userDataStream"


def _name(key: str) -> str:
    return f"binance:listen:{key}"


async def owner_of(gateway: Gateway, key: str) -> tuple[bytes, str] | None:
    """Whose key it is, and the API key that it was made with."""
    raw = await gateway.redis.get(_name(key)) if len(key) == LENGTH and key.isalnum() else None
    if raw is None:
        return None
    user_id, _, key_id = (raw if isinstance(raw, str) else raw.decode()).partition(":")
    return bytes.fromhex(user_id), key_id


async def gone(gateway: Gateway, keys: Iterable[str]) -> frozenset[str]:
    """Those of these keys that have run out, or were ended."""
    asked = list(keys)
    if not asked:
        return frozenset()
    found = await gateway.redis.mget([_name(key) for key in asked])
    return frozenset(key for key, raw in zip(asked, found, strict=True) if raw is None)


@spot("post", _PATH, "A key to listen with", needs_key=True, weight=2, message="userDataStream.start")
async def start(asked: Asked) -> dict[str, Any]:
    key, _ = await known_key(asked.gateway, asked.key_id)
    caller = permitted(key, READING, asked.address)
    listen_key = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(LENGTH))
    await asked.gateway.redis.set(_name(listen_key), f"{caller.user_id.hex()}:{key.key_id}", px=LIFE_MS, nx=True)
    return {"listenKey": listen_key}


async def _own(asked: Asked) -> str:
    listen_key = asked.params.needed("listenKey")
    owner = await owner_of(asked.gateway, listen_key)
    if owner is None or owner[1] != asked.key_id:
        raise errors.BinanceError(-1125, "This listenKey does not exist.")
    return listen_key


@spot("put", _PATH, "Keep a key to listen with alive", needs_key=True, weight=2, message="userDataStream.ping")
async def keep(asked: Asked) -> dict[str, Any]:
    await asked.gateway.redis.pexpire(_name(await _own(asked)), LIFE_MS)
    return {}


@spot("delete", _PATH, "End a key to listen with", needs_key=True, weight=2, message="userDataStream.stop")
async def stop(asked: Asked) -> dict[str, Any]:
    await asked.gateway.redis.delete(_name(await _own(asked)))
    return {}
