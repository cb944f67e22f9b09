"""Whether those who signed in may stay: tokens and keys that expire or are revoked end their open connections."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

import redis.exceptions

from engine_container.gateway.auth import UNCHECKED, Caller
from engine_container.gateway.parts import Gateway
from engine_container.gateway.sockets import connection as wire
from engine_container.gateway.sockets.connection import Connection, now_ms
from mycrypto.errors import ProblemError
from mycrypto.security.api_keys import Scope
from mycrypto.security.revocation import COMPLETE_KEY, is_revoked, keys_of

EXPIRY_NOTICE_SECONDS: Final = 60
REVOCATION_CHUNK: Final = 500


class SessionCheck:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def look(self, signed: list[Connection]) -> None:
        """Close those that may stay no longer. Call once a second with all that bear a name."""
        now = int(time.time())
        for connection in signed:
            expires = connection.expires_s
            if expires <= now:
                connection.close(wire.CLOSE_UNAUTHORIZED, "the token has expired" if connection.key is None else "the key has expired")
            elif expires - now <= EXPIRY_NOTICE_SECONDS and connection.notified_of_s != expires:
                connection.notified_of_s = expires
                connection.push_message({"type": "token_expiring", "timestamp": now_ms(), "data": {"expires_at": expires * 1_000}})
        for connections, close in (
            ([connection for connection in signed if connection.key is None], self._close_revoked),
            ([connection for connection in signed if connection.key is not None], self._close_keys),
        ):
            for start in range(0, len(connections), REVOCATION_CHUNK):
                await close(connections[start : start + REVOCATION_CHUNK])

    async def _close_revoked(self, connections: list[Connection]) -> None:
        held = [(connection, connection.caller.claims) for connection in connections if connection.caller is not None]
        claims = [(connection, item) for connection, item in held if item is not None]
        keys = list(dict.fromkeys(key for _, item in claims for key in keys_of(item)))  # a user's connections share them
        try:
            *found, complete = await self._gateway.redis.mget([*keys, COMPLETE_KEY])
        except (redis.exceptions.RedisError, OSError):
            UNCHECKED.add()
            return
        self._gateway.auth.note_completeness(complete)
        marks = dict(zip(keys, found, strict=True))
        for connection, item in claims:
            if is_revoked(item, [marks[key] for key in keys_of(item)]):
                connection.close(wire.CLOSE_UNAUTHORIZED, "the token was revoked")

    async def _close_keys(self, connections: list[Connection]) -> None:
        """As :meth:`_close_revoked`; what a key may do counts as it is now."""
        held = [(connection, connection.key.key_id) for connection in connections if connection.key is not None]
        try:
            published = await self._gateway.api_keys.published(list(dict.fromkeys(key_id for _, key_id in held)))
        except ProblemError:
            UNCHECKED.add()
            return
        now = datetime.now(UTC)
        for connection, key_id in held:
            key = published[key_id]
            if connection.key is None:
                continue  # a token has taken its place meanwhile
            if key is None or not key.allows(Scope.READ, connection.client_ip, now):
                connection.close(wire.CLOSE_UNAUTHORIZED, "the key was revoked, or may not listen from here any more")
            else:
                connection.key = key
                connection.caller = Caller(key.user_id.bytes, key.identity)
