"""Requests, and handshakes of sockets, signed with an API key: the same rights as the key's user, narrowed by scopes, addresses and time.

Keys are read from Redis, where auth publishes them, and asked for again when a second old, so that a revoked key ends within a second. A
signature counts once: it is noted in Redis for as long as its time stamp is good, or here while Redis is away.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec
import redis.exceptions

from engine_container.web.call import Call
from engine_container.web.steps import Steps
from mycrypto import secrets
from mycrypto.errors import ProblemError
from mycrypto.permissions import Permission
from mycrypto.security.api_keys import (
    AHEAD_MS_MAX,
    COMPLETE_KEY,
    KEY_HEADER,
    PURPOSE,
    SCHEME,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    VERSION,
    VERSION_HEADER,
    WINDOW_HEADER,
    WINDOW_MS,
    WINDOW_MS_MAX,
    PublishedApiKey,
    is_genuine,
    is_timely,
    redis_key,
)
from mycrypto.security.sealing import Sealer, SealError

KEY_AGE_SECONDS_MAX: Final = 0.9
KEYS_MAX: Final = 10_000
SIGNATURES_MAX: Final = 100_000
KEY_LENGTH_MAX: Final = 64
_decoder: Final = msgspec.json.Decoder(PublishedApiKey)


class Store(Protocol):
    """The part of an asynchronous Redis client that is needed."""

    def mget(self, keys: Iterable[str]) -> Awaitable[list[Any]]: ...
    def set(self, name: str, value: str, *, px: int, nx: bool) -> Awaitable[Any]: ...


class _Known:
    __slots__ = ("key", "read_at", "secret")

    def __init__(self, key: PublishedApiKey, secret: bytes, read_at: float) -> None:
        self.key = key
        self.secret = secret
        self.read_at = read_at


class ApiKeys:
    def __init__(self, store: Store, secret_name: str) -> None:
        self._store = store
        self._secret_name = secret_name
        self._known: dict[str, _Known] = {}
        self._signatures: OrderedDict[str, int] = OrderedDict()
        self._sealer: Sealer | None = None

    def verify(self, call: Call, permission: Permission) -> Steps[PublishedApiKey]:
        """The key that signed the request. Raises INVALID_TOKEN, SIGNATURE_VERSION, and FORBIDDEN for what the key may not do."""
        _check_version(call)
        key_id = _text(call, KEY_HEADER, KEY_LENGTH_MAX)
        signature = _text(call, SIGNATURE_HEADER, 64)
        timestamp = _number(call, TIMESTAMP_HEADER)
        window = _number(call, WINDOW_HEADER, required=False)
        now_ms = time.time_ns() // 1_000_000
        if not is_timely(int(timestamp), now_ms, int(window or WINDOW_MS)):
            raise ProblemError("INVALID_TOKEN", "the time stamp is outside the receive window; check the clock", server_time=now_ms)
        known = self._fresh(key_id) or (yield self._renewed(key_id))
        body = yield call.body()
        sent = {"timestamp": timestamp, "window": window, "method": call.method, "target": call.target}
        if not is_genuine(known.secret, signature, body=body, **sent):
            raise ProblemError("INVALID_TOKEN", "the signature does not fit the request")
        yield self._note(f"{key_id}:{signature.lower()}", now_ms)
        scope = permission.require_scope(known.key.scopes)
        if not known.key.allows(scope, call.client_ip, datetime.now(UTC)):
            raise ProblemError("FORBIDDEN", f"the key may not do this ({scope.value}) from here now")
        return known.key

    async def opened(self, key_id: str) -> tuple[PublishedApiKey, bytes]:
        """A key as it is now, with its secret. Raises INVALID_TOKEN for an unknown key, and SERVICE_UNAVAILABLE while Redis cannot tell."""
        known = self._fresh(key_id) or await self._renewed(key_id)
        return known.key, known.secret

    async def published(self, key_ids: Sequence[str]) -> dict[str, PublishedApiKey | None]:
        """Keys as they are now, ``None`` for one that was revoked. Raises SERVICE_UNAVAILABLE while Redis cannot tell."""
        try:
            *raws, is_complete = await self._store.mget([*map(redis_key, key_ids), COMPLETE_KEY])
            if None in raws and is_complete is None:
                raise _unchecked()
            return {key_id: None if raw is None else _decoder.decode(raw) for key_id, raw in zip(key_ids, raws, strict=True)}
        except (redis.exceptions.RedisError, OSError, msgspec.MsgspecError):
            raise _unchecked() from None

    def _fresh(self, key_id: str) -> _Known | None:
        known = self._known.get(key_id)
        return known if known is not None and time.monotonic() - known.read_at < KEY_AGE_SECONDS_MAX else None

    async def _renewed(self, key_id: str) -> _Known:
        """The key as auth has published it. Raises INVALID_TOKEN, and SERVICE_UNAVAILABLE where Redis cannot say."""
        known = self._known.get(key_id)
        now = time.monotonic()
        try:
            raw, is_complete = await self._store.mget((redis_key(key_id), COMPLETE_KEY))
        except (redis.exceptions.RedisError, OSError):
            raise _unchecked() from None
        if raw is None:
            self._known.pop(key_id, None)
            if is_complete is None:  # Redis was wiped; auth publishes every key again
                raise _unchecked()
            raise ProblemError("INVALID_TOKEN", "there is no such key, or it was revoked")
        try:
            key = _decoder.decode(raw)
            secret = known.secret if known is not None and known.key.sealed_secret == key.sealed_secret else await self._open(key)
        except (msgspec.MsgspecError, SealError):
            raise ProblemError("INVALID_TOKEN", "the key cannot be read") from None
        if len(self._known) >= KEYS_MAX:
            del self._known[next(iter(self._known))]
        found = self._known[key_id] = _Known(key, secret, now)
        return found

    async def _open(self, key: PublishedApiKey) -> bytes:
        if self._sealer is None:
            self._sealer = Sealer.from_secret(await asyncio.to_thread(secrets.get, self._secret_name), PURPOSE)
        if not self._sealer.knows(key.sealed_secret):
            self._sealer = Sealer.from_secret(await asyncio.to_thread(secrets.get_now, self._secret_name), PURPOSE)
        return key.secret(self._sealer)

    async def _note(self, mark: str, now_ms: int) -> None:
        """Remember a signature; raises if it was seen before."""
        life_ms = WINDOW_MS_MAX + AHEAD_MS_MAX
        while self._signatures and (next(iter(self._signatures.values())) < now_ms - life_ms or len(self._signatures) >= SIGNATURES_MAX):
            self._signatures.popitem(last=False)
        seen = mark in self._signatures
        self._signatures[mark] = now_ms
        if not seen:
            try:
                seen = not await self._store.set(f"apikey:signature:{mark}", "1", px=life_ms, nx=True)
            except (redis.exceptions.RedisError, OSError):
                return
        if seen:
            raise ProblemError("INVALID_TOKEN", "the signature was used before")


def is_signed(call: Call) -> bool:
    """Whether the request comes with an API key at all."""
    return call.header(KEY_HEADER.lower().encode()) is not None


def _unchecked() -> ProblemError:
    return ProblemError("SERVICE_UNAVAILABLE", "keys cannot be checked now", headers={"Retry-After": "1"})


def _text(call: Call, name: str, length_max: int) -> str:
    value = (call.header(name.lower().encode()) or b"").decode("latin-1")
    if not value or len(value) > length_max:
        raise ProblemError("INVALID_TOKEN", f"the header {name} is missing or too long")
    return value


def _number(call: Call, name: str, *, required: bool = True) -> str:
    """As it was sent, which is how it was signed; "" where it may be missing and is."""
    raw = call.header(name.lower().encode())
    if raw is None and not required:
        return ""
    if raw is None or not raw.isdigit() or len(raw) > 15:
        raise ProblemError("INVALID_TOKEN", f"the header {name} must be a whole number of milliseconds")
    return raw.decode("ascii")


def _check_version(call: Call) -> None:
    """Raises SIGNATURE_VERSION: an older form did not say where one part of a request ends and the next begins."""
    if call.header(VERSION_HEADER.lower().encode()) != VERSION.encode():
        detail = (
            f"send {VERSION_HEADER}: {VERSION}, and sign seven lines, joined by newlines: {SCHEME}, timestamp, receive window, METHOD, path,"
            " query, hex SHA-256 of the body (docs/authentication.md)"
        )
        raise ProblemError("SIGNATURE_VERSION", detail, supported=VERSION)
