"""The one origin of the platform on one machine: the gateway, with what CloudFront and API Gateway do in production around it.

``python -m mycrypto_local.front_door``. Paths of the functions go to the emulator's REST API; everything else is the gateway's own, in the
same process, so that an order pays nothing for the door but one comparison of its path.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote_to_bytes

import httpx
import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mycrypto import settings
from mycrypto.errors import PROBLEM_MEDIA_TYPE, ProblemError, invalid
from mycrypto.ids import new_uuid
from mycrypto_local import dashboard, mailbox, web_build
from mycrypto_local.pages import Pages
from mycrypto_local.partners import app as partners
from mycrypto_local.partners.ledger import Ledger

if TYPE_CHECKING:
    from engine_container.web.edge import Respond

FUNCTION_PATHS: Final = ("/api/auth", "/api/wallet")
PARTNER_PATHS: Final = (b"/local/bank/", b"/local/chain/", b"/local/register/")
PARTNERS_FILE: Final = "partners.sqlite"
ALIASES: Final = {"/api/v1/auth": "/api/auth", "/api/v1/wallet": "/api/wallet"}
ROOT_KEYS: Final = b"/.well-known/jwks.json"
"""Where the standard's readers look for the public keys of access tokens (RFC 8615)."""
BODY_BYTES_MAX: Final = 10 * 1024 * 1024
"""What API Gateway takes."""
ANSWER_SECONDS_MAX: Final = 29.0
"""From a request's arrival to its answer, however long it waits for its turn: as long as API Gateway waits for a function."""
FUNCTION_CALLS_MAX: Final = max(4, 2 * (os.cpu_count() or 1))
"""How many calls of functions are under way at once; others wait for their turn. For each one more the emulator would start processes
of the functions behind it, a second of processor time each: on few cores that makes all of them late."""
CONNECTION_HEADERS: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"host",
    }
)
REPLACED: Final = frozenset({b"content-length", b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id"})
RECOMPUTED: Final = frozenset({b"content-length", b"content-encoding", b"x-request-id"})
"""Of an answer: its content was decoded on the way."""
TRACE_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
FIELD_VALUE: Final = re.compile(rb"[\t -~\x80-\xff]*")
"""What a header may hold (RFC 9110)."""
Headers = list[tuple[bytes, bytes]]
log = logging.getLogger("front-door")


class DoorSettings(msgspec.Struct, frozen=True):
    """``rest_api_path`` is where the REST API lies below the emulator's address."""

    aws_endpoint_url: str
    rest_api_path: str
    gateways: str = ""
    """Addresses of gateways that are processes of their own, with commas; without them this process is the gateway."""
    binance_gateways: str = ""
    """The same gateways' addresses of the Binance-compatible API."""
    host: str = "127.0.0.1"
    port: int = 8080
    binance_port: int = 0
    state_folder: str = ""
    """Where the platform keeps its logs and its simulated partners; without it there are no dashboards, and the partners forget."""


def _within(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")


def function_path(raw_path: bytes) -> bytes | None:
    """The path as the REST API knows it, or None if it belongs to the gateway. A path with steps upwards belongs to neither."""
    if raw_path == ROOT_KEYS:
        return b"/api/auth" + ROOT_KEYS
    path = unquote_to_bytes(raw_path).decode("utf-8", "replace")
    if not path.startswith("/api/"):
        return None
    for alias, canonical in ALIASES.items():
        if _within(path, alias) and raw_path.startswith(alias.encode()):
            raw_path = canonical.encode() + raw_path.removeprefix(alias.encode())
            path = canonical + path.removeprefix(alias)
    if any(_within(path, prefix) and raw_path.startswith(prefix.encode()) for prefix in FUNCTION_PATHS):
        return None if ".." in path.split("/") or "\\" in path else raw_path
    return None


class FrontDoor:
    """An ASGI application around the gateway's."""

    def __init__(
        self,
        gateway: ASGIApp,
        endpoint: str,
        rest_api_path: str,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        state_folder: str = "",
        pages: Pages | None = None,
    ) -> None:
        self._gateway = gateway
        self._pages = pages
        self.begins: frozenset[tuple[bytes, bytes]] = getattr(gateway, "begins", frozenset())
        """The gateway's fast path, which the server looks for at the application that it was given: none of it belongs to a function."""
        self.begin: Callable[[Scope, bytes, Respond], bool] | None = getattr(gateway, "begin", None)
        self._dashboard = dashboard.Painter(state_folder)
        self._partners = partners.create_app(Ledger(Path(state_folder) / PARTNERS_FILE if state_folder else None))
        self._base = rest_api_path.rstrip("/").encode()
        self._turns = asyncio.Semaphore(FUNCTION_CALLS_MAX)
        self._client = httpx.AsyncClient(
            base_url=endpoint,
            timeout=httpx.Timeout(ANSWER_SECONDS_MAX, connect=2.0, pool=None),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._gateway(scope, receive, send)
            if scope["type"] == "lifespan":
                await self._client.aclose()
            return
        raw_path: bytes = scope["raw_path"].split(b"?", 1)[0]
        target = function_path(raw_path)
        if target is None and self._pages is not None and scope["method"] in {"GET", "HEAD"} and await self._page(self._pages, scope, send):
            return
        if target is None and raw_path != b"/" and not raw_path.startswith(b"/local/"):
            await self._gateway(scope, receive, send)
            return
        if raw_path.startswith(PARTNER_PATHS):
            await self._partners(scope, receive, send)
            return
        trace_id = _trace_id(scope)
        begun = False

        async def tell(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS_MAX
        try:
            if target is None:
                await self._own(scope, tell, raw_path, trace_id)
            else:
                await self._forward(scope, receive, tell, target, trace_id, deadline)
        except ProblemError as problem:
            await _refuse(scope, send, problem, trace_id)
        except asyncio.CancelledError:  # a stop waits for ten seconds, and a function may take longer
            detail = "the front door was stopped before the answer came; look at what is in force before trying again"
            if not begun:
                await _refuse(scope, send, ProblemError("OUTCOME_UNKNOWN", detail), trace_id)
            raise

    async def _page(self, pages: Pages, scope: Scope, send: Send) -> bool:
        """Whether the path is that of a page, which was answered then."""
        asked = dict(scope["headers"])
        answer = pages.answer(
            scope["path"], html=b"text/html" in asked.get(b"accept", b""), packed=b"gzip" in asked.get(b"accept-encoding", b"")
        )
        if answer is not None:
            await _answer(send, 200, *answer)
        return answer is not None

    async def _forward(self, scope: Scope, receive: Receive, send: Send, target: bytes, trace_id: str, deadline: float) -> None:
        """Send the request to the REST API and its answer back, with all headers but those of the connection."""
        url = self._base + target
        if scope["query_string"]:
            url += b"?" + scope["query_string"]
        try:
            request = self._client.build_request(scope["method"], httpx.URL(url.decode("ascii")), content=await _body(receive, deadline))
        except (httpx.InvalidURL, UnicodeDecodeError):
            raise ProblemError("VALIDATION_ERROR", "the path or the query holds what has to be percent-encoded, or is too long") from None
        kept = [(name, _field_value(name, value)) for name, value in _end_to_end(scope["headers"]) if name not in REPLACED]
        length = (b"content-length", str(len(request.content)).encode())
        request.headers = httpx.Headers([*kept, length, (b"host", request.url.netloc), *_forwarded(scope, trace_id)])
        response = await self._sent(request, deadline)
        _check_answered(response)
        headers = [pair for pair in _end_to_end(response.headers.raw) if pair[0].lower() not in RECOMPUTED]
        trace = (response.headers.get("x-request-id") or trace_id).encode()
        await _answer(send, response.status_code, response.content, [*headers, (b"x-request-id", trace)])

    async def _sent(self, request: httpx.Request, deadline: float) -> httpx.Response:
        """The emulator's answer, whatever it is, once it is this request's turn. What the turn has taken is not given again to the answer."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._turns.acquire()
        except TimeoutError as error:
            detail = f"{FUNCTION_CALLS_MAX} other calls of functions were under way for {ANSWER_SECONDS_MAX:g} s"
            raise ProblemError("SERVICE_UNAVAILABLE", detail, headers={"Retry-After": "1"}) from error
        try:
            async with asyncio.timeout_at(deadline):
                return await self._client.send(request)
        except (httpx.HTTPError, TimeoutError) as error:
            log.warning("%s %s: %r", request.method, request.url.path, error)
            raise _problem_of(error) from error
        finally:
            self._turns.release()

    async def _own(self, scope: Scope, send: Send, raw_path: bytes, trace_id: str) -> None:
        """What exists on one machine only: its list of links, the mailbox, the dashboards."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise ProblemError("METHOD_NOT_ALLOWED", headers={"Allow": "GET, HEAD"})
        query = parse_qs(scope["query_string"].decode("latin-1"))
        to = query.get("to", [""])[0]
        html = (b"content-type", b"text/html; charset=utf-8")
        about = [(b"x-request-id", trace_id.encode()), (b"cache-control", b"no-store")]
        if raw_path in {b"/", b"/local/"}:
            await _answer(send, 200, mailbox.landing().encode(), [html, *about])
            return
        if raw_path == b"/local/dashboard":
            await _answer(send, 200, await self._dashboard.page(query.get("minutes", [""])[0]), [html, *about])
            return
        if raw_path not in {b"/local/mail", b"/local/mailbox"}:
            raise ProblemError("NOT_FOUND", "there is no such path")
        try:
            mails = await mailbox.read(self._client, to)
        except (httpx.HTTPError, ValueError) as error:
            raise ProblemError("SERVICE_UNAVAILABLE", "the AWS emulator does not answer", headers={"Retry-After": "1"}) from error
        if raw_path == b"/local/mail":
            await _answer(send, 200, msgspec.json.encode({"data": mails}), [(b"content-type", b"application/json"), *about])
        else:
            policy = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data: https:")
            await _answer(send, 200, mailbox.page(mails, to).encode(), [html, policy, *about])


def _problem_of(error: httpx.HTTPError | TimeoutError) -> ProblemError:
    """What came of a request that the emulator has not answered."""
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):  # it has not seen it
        return ProblemError("SERVICE_UNAVAILABLE", "the AWS emulator does not answer", headers={"Retry-After": "1"})
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return ProblemError("OUTCOME_UNKNOWN", f"the AWS emulator has not answered within {ANSWER_SECONDS_MAX:g} s")
    return ProblemError("OUTCOME_UNKNOWN", f"the AWS emulator broke off: {error!r}")


def _check_answered(response: httpx.Response) -> None:
    """Raises OUTCOME_UNKNOWN for an answer that no function gave: one that died or ran out of time has said nothing, and what the emulator
    says in its place is no problem document. Functions name their request in every answer; so do the REST API's own refusals.
    """
    if "x-request-id" not in response.headers:
        log.warning("no function answered: %d %.200s", response.status_code, response.text)
        raise ProblemError("OUTCOME_UNKNOWN", "the function has not answered; look at what is in force before trying again")


def _field_value(name: bytes, value: bytes) -> bytes:
    """Without the blanks around it, which are not part of the value. Raises VALIDATION_ERROR for what no header may hold."""
    stripped = value.strip(b" \t")
    if not FIELD_VALUE.fullmatch(stripped):
        raise invalid(name.decode("latin-1"), "must not hold control characters")
    return stripped


def _trace_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode("ascii") if TRACE_ID.fullmatch(given) else str(new_uuid())


def _end_to_end(headers: Headers) -> Headers:
    """Headers but those of this one connection, which include what its Connection header names."""
    named = {name.strip().lower() for key, value in headers if key.lower() == b"connection" for name in value.split(b",")}
    return [(key, value) for key, value in headers if key.lower() not in CONNECTION_HEADERS and key.lower() not in named]


def _forwarded(scope: Scope, trace_id: str) -> Headers:
    """Who asked, as a load balancer would say it. What the client claims about itself is not passed on."""
    client = scope["client"][0] if scope.get("client") else "127.0.0.1"
    return [(b"x-forwarded-for", client.encode()), (b"x-forwarded-proto", scope["scheme"].encode()), (b"x-request-id", trace_id.encode())]


async def _body(receive: Receive, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError as error:
            raise ProblemError("VALIDATION_ERROR", f"the request has not arrived within {ANSWER_SECONDS_MAX:g} s") from error
        if message["type"] == "http.disconnect":
            raise ProblemError("VALIDATION_ERROR", "the request was broken off")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > BODY_BYTES_MAX:
            raise ProblemError("PAYLOAD_TOO_LARGE", f"at most {BODY_BYTES_MAX} bytes")
        if not message.get("more_body"):
            return b"".join(chunks)


async def _refuse(scope: Scope, send: Send, problem: ProblemError, trace_id: str) -> None:
    body = msgspec.json.encode(problem.body(instance=scope["path"], trace_id=trace_id))
    headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    about = [(b"content-type", PROBLEM_MEDIA_TYPE.encode()), (b"x-request-id", trace_id.encode())]
    await _answer(send, problem.kind.status, body, [*headers, *about])


async def _answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = [(b"content-length", str(len(body)).encode())] if status >= 200 and status != 204 else []
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


def _behind(configured: DoorSettings) -> tuple[ASGIApp, dict[int, ASGIApp]]:
    """What the door stands before: the gateway in this process, or the spread over those that are processes of their own."""
    if configured.gateways:
        from mycrypto_local.spread.app import create_apps as spread_over

        gateways, binance = (addresses.split(",") for addresses in (configured.gateways, configured.binance_gateways))
        return spread_over(gateways, binance, configured.binance_port)
    from engine_container.gateway.app import create_apps
    from engine_container.gateway.settings import GatewaySettings

    return create_apps(settings.load(GatewaySettings))


def main() -> None:
    from engine_container.web.serve import serve

    configured = settings.load(DoorSettings)
    app, beside = _behind(configured)
    door = FrontDoor(
        app,
        configured.aws_endpoint_url,
        configured.rest_api_path,
        state_folder=configured.state_folder,
        pages=Pages(web_build.DIST),
    )
    serve(door, configured.host, configured.port, beside=beside)


if __name__ == "__main__":
    main()
