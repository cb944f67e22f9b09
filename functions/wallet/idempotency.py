"""Requests that move money carry a key: the same ``Idempotency-Key`` gets the same answer for 24 hours.

What staff decide, and a cancellation, need none: they name the withdrawal, and a second decision about it is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.wallet.context import Context
from functions.wallet.store import idempotency as store
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Reply, Request

HEADER: Final = "Idempotency-Key"
EARLIER_HEADER: Final = "X-Idempotency-Key"
"""The name before there was a standard one."""
REPLAYED_HEADER: Final = "Idempotency-Replayed"
KEPT: Final = timedelta(hours=24)
KEY_LENGTH_MAX: Final = 255


def _key(request: Request, *, required: bool) -> str | None:
    found = request.header(HEADER)
    if found is None:
        found = request.header(EARLIER_HEADER)
    if found is None and not required:
        return None
    if found is None:
        raise invalid(HEADER, "is required: a new key for each request, and the same key when it is sent again")
    key = found.strip()
    if not 0 < len(key) <= KEY_LENGTH_MAX or not (key.isascii() and key.isprintable()):
        raise invalid(HEADER, f"must be 1 to {KEY_LENGTH_MAX} printable ASCII characters")
    return key


def once(context: Context, request: Request, user_id: UUID, act: Callable[[Connection], Reply], *, required: bool = True) -> Reply:
    """Do ``act`` in a transaction, at most once per key; a repetition gets the stored answer.

    A refusal is not stored: nothing happened, so the key is free again. Raises VALIDATION_ERROR without a key, IDEMPOTENCY_CONFLICT when it was
    used for another request. Where no key is ``required`` (nothing moves yet), a request without one is carried out each time.
    """
    key = _key(request, required=required)
    if key is None:
        with context.db.transaction() as connection:
            return act(connection)
    fingerprint = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).digest()
    now = context.now()
    with context.db.transaction() as connection:
        known = store.claim(connection, user_id, key, fingerprint, now=now, expires_at=now + KEPT)
        if known is not None:
            if known.request_hash != fingerprint:
                raise ProblemError("IDEMPOTENCY_CONFLICT", "the key was used for another request")
            return Reply(msgspec.Raw(known.response), known.status, {REPLAYED_HEADER: "true"})
        reply = act(connection)
        store.keep(connection, user_id, key, reply.status, msgspec.json.encode(reply.body))
        return reply
