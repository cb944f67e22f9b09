"""HTTP requests: each to a gateway that serves, and to another one where that is safe."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import httpx
from starlette.types import Receive, Scope, Send

from mycrypto.errors import ProblemError
from mycrypto_local.spread.fleet import Fleet

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""What changes nothing. A cancel that is repeated is harmless too, but its second answer would say that there was nothing to cancel."""
ANSWER_SECONDS_MAX: Final = 29.0
"""From a request's arrival to its answer, whatever number of gateways it takes."""
BODY_BYTES_MAX: Final = 4 * 1024 * 1024
"""More than any gateway takes, which refuses what is too large in its own words."""
HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
OURS: Final = frozenset({b"host", b"content-length", b"x-forwarded-for", b"x-forwarded-proto"})
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout)
"""The gateway has seen nothing of the request."""
Headers = list[tuple[bytes, bytes]]
log = logging.getLogger("front-door")


class Requests:
    """``place``: which of a gateway's addresses the requests are for."""

    def __init__(self, fleet: Fleet, place: int) -> None:
        self._fleet = fleet
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises SERVICE_UNAVAILABLE (no gateway has seen the request) or OUTCOME_UNKNOWN (one has, and has not answered)."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                body = await _body(receive)
                answer = await self._answer(scope, body)
        except TimeoutError:
            raise ProblemError("OUTCOME_UNKNOWN", f"no gateway has answered within {ANSWER_SECONDS_MAX:g} s") from None
        await send_answer(send, *answer)

    async def _answer(self, scope: Scope, body: bytes) -> tuple[int, Headers, bytes]:
        headers = [*end_to_end(scope["headers"]), *forwarded(scope)]
        for member in self._fleet.turns():
            address = member.addresses[self._place]
            request = self._fleet.client.build_request(scope["method"], address, content=body, extensions={"target": target(scope)})
            request.headers = httpx.Headers([*headers, (b"host", request.url.netloc), (b"content-length", str(len(body)).encode())])
            with member.occupied():
                try:
                    response = await self._fleet.client.send(request, stream=True)
                    try:
                        content = b"".join([chunk async for chunk in response.aiter_raw()])
                    finally:
                        await response.aclose()
                except NOT_SENT as error:
                    self._fleet.leave_out(member, error)
                    continue
                except httpx.LocalProtocolError as error:
                    raise ProblemError("VALIDATION_ERROR", "the address or a header holds what HTTP does not allow") from error
                except httpx.HTTPError as error:
                    self._fleet.leave_out(member, error)
                    if scope["method"] in SAFE:
                        continue
                    log.warning("%s %s at %s: %r", scope["method"], scope["path"], member.name, error)
                    raise ProblemError("OUTCOME_UNKNOWN", "the gateway broke off; look at what is in force before trying again") from error
            lengths = [(b"content-length", value) for name, value in response.headers.raw if name.lower() == b"content-length"]
            kept = lengths if scope["method"] == "HEAD" else []
            return response.status_code, [*end_to_end(response.headers.raw), *kept], content
        raise ProblemError("SERVICE_UNAVAILABLE", "no gateway answers", headers={"Retry-After": "1"})


def target(scope: Scope) -> bytes:
    """Path and query byte for byte, since clients may have signed them."""
    path: bytes = scope["raw_path"].split(b"?", 1)[0]
    return path + b"?" + scope["query_string"] if scope["query_string"] else path


def end_to_end(headers: Headers) -> Headers:
    """Headers but those of this one connection, which include what its Connection header names, and those that the door writes itself."""
    lowered = [(name.lower(), value.strip(b" \t")) for name, value in headers]
    named = {name.strip().lower() for key, value in lowered if key == b"connection" for name in value.split(b",")}
    return [(name, value) for name, value in lowered if name not in HOP_BY_HOP | OURS and name not in named]


def forwarded(scope: Scope) -> Headers:
    """Who asked. What clients claim about that themselves is not passed on."""
    client = scope["client"][0] if scope.get("client") else "127.0.0.1"
    return [(b"x-forwarded-for", client.encode()), (b"x-forwarded-proto", scope["scheme"].encode())]


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ProblemError("VALIDATION_ERROR", "the request was broken off")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > BODY_BYTES_MAX:
            raise ProblemError("PAYLOAD_TOO_LARGE", f"at most {BODY_BYTES_MAX} bytes")
        if not message.get("more_body"):
            return b"".join(chunks)


async def send_answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    told = any(name == b"content-length" for name, _ in headers)
    length = [] if told or status < 200 or status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})
