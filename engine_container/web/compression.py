"""Large public answers are compressed for clients that take gzip.

Answers that a user's secrets or another user's text could stand in are not: their length would tell of their content (the BREACH attack).
"""

from __future__ import annotations

import asyncio
import gzip
from typing import Final

import msgspec

from engine_container.web.call import Call, Reply

BYTES_MIN: Final = 1_024
"""Below, the saving is smaller than what the work costs."""
BYTES_AT_ONCE: Final = 16_384
"""Longer bodies are compressed in a thread: orders do not wait for a list of candles."""
LEVEL: Final = 4
_encode: Final = msgspec.json.Encoder().encode


def is_public(call: Call) -> bool:
    """Whether a call asks for what everybody may read."""
    return call.operation is not None and call.operation.permission.is_open and call.method == "GET"


async def packed(reply: Reply, call: Call) -> Reply:
    """The reply, compressed where the client takes that and it is worth it."""
    body = reply.body if isinstance(reply.body, bytes) else _encode(reply.body)
    if len(body) < BYTES_MIN or any(name == b"content-encoding" for name, _ in reply.headers):
        return Reply(body, reply.status, reply.headers)
    call.vary(b"accept-encoding")
    if not takes_gzip(call.header(b"accept-encoding")):
        return Reply(body, reply.status, reply.headers)
    small = gzip.compress(body, LEVEL) if len(body) <= BYTES_AT_ONCE else await asyncio.to_thread(gzip.compress, body, LEVEL)
    return Reply(small, reply.status, (*reply.headers, (b"content-encoding", b"gzip")))


def takes_gzip(accepted: bytes | None) -> bool:
    """Whether an Accept-Encoding header (RFC 9110, section 12.5.3) names gzip, and not with the weight 0."""
    for item in (accepted or b"").lower().split(b","):
        coding, _, weight = item.partition(b";")
        if coding.strip() == b"gzip":
            return not weight or weight.strip().removeprefix(b"q=").strip(b"0.") != b""
    return False
