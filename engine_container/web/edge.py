"""The edge of a process: request ids, problem documents for whatever goes wrong, and the request metrics. In one place."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Final, Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine_container.metrics import Counter, Histogram
from engine_container.web.call import Call, Reply
from engine_container.web.compression import is_public, packed
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from engine_container.web.handshakes import CLOSE_NOT_FOUND, refuse_handshake
from engine_container.web.steps import Steps, Tasks, Waiting, finish
from mycrypto import texts
from mycrypto.cors import NO_ORIGINS, Cors
from mycrypto.errors import PROBLEM_MEDIA_TYPE, ProblemError
from mycrypto.http.operation import Operation
from mycrypto.ids import uuid_text
from mycrypto.proxies import DIRECT, Proxy

Handler = Callable[[Call], Awaitable[Reply]]
Answered = Callable[[Reply | ProblemError], None]
"""Takes the outcome of a call; to be called once."""
Immediate = Callable[[Call, Answered], Steps[None] | None]
"""A handler that begins what a call asks for without a task that waits for it; the body has been read. Raises problems as a handler does, as long as
nothing was begun.
"""
Respond = Callable[[int, list[tuple[bytes, bytes]], bytes], None]
"""Takes status, headers and body of an answer."""

_TRACE_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_JSON: Final = b"application/json"
_PROBLEM: Final = PROBLEM_MEDIA_TYPE.encode()
_encode: Final = msgspec.json.Encoder().encode

PROBES: Final = frozenset({"/health", "/ready"})
"""They say 503 to be heard, not because they failed."""
PREFLIGHT: Final = "preflight"
"""The path of a browser's questions, as metrics name it."""
REQUESTS: Final = Counter("http_requests_total")
FAILED: Final = Counter("api_errors_total")
DURATIONS: Final = Histogram("http_request_duration_seconds")


class Reporter(Protocol):
    def exception(self, msg: object, *args: object) -> None: ...


class Guard(Protocol):
    """Holds callers against what operations declare, before a handler runs."""

    def admit(self, call: Call, operation: Operation) -> Steps[None]:
        """Puts a name on the call. Raises what keeps the caller out, and VALIDATION_ERROR for a body where none is taken."""


class Endpoint:
    """An ASGI application around the handlers of one path, by method; ``path`` is the route's template. Open to every caller that reaches the port."""

    def __init__(self, path: str, handlers: Mapping[str, Handler]) -> None:
        self.path = path
        self.immediate: Mapping[str, Immediate] = {}
        self._handlers = {**handlers, **({"HEAD": handlers["GET"]} if "GET" in handlers else {})}

    def takes(self, method: str) -> bool:
        return method in self._handlers or method in self.immediate

    def admit(self, call: Call) -> Steps[None]:  # noqa: ARG002 - every caller is admitted
        """Raises what keeps the caller out."""
        yield from ()

    def steps(self, call: Call, answered: Answered) -> Steps[None]:
        """A call whose body has been read, to a handler that is immediate: from the admission to where only the answer is waited for."""
        yield from self.admit(call)
        further = self.immediate[call.method](call, answered)
        if further is not None:
            yield from further

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive, scope["trace_id"])
        await finish(self.admit(call))
        handler = self._handlers.get(scope["method"])
        reply = await (self._waited_for(call) if handler is None else handler(call))
        if is_public(call):
            reply = await packed(reply, call)
        await _send(send, *_replied(reply, scope))

    async def _waited_for(self, call: Call) -> Reply:
        """The answer of an immediate handler."""
        await call.body()
        waiting: Waiting[Reply] = Waiting()
        further = self.immediate[call.method](call, waiting.settle)
        if further is not None:
            await finish(further)
        return await waiting


class GuardedEndpoint(Endpoint):
    """With the operation that each handler declares, and a guard who holds callers against it. Paths with ``immediate`` handlers have no parts."""

    def __init__(
        self,
        path: str,
        handlers: Mapping[str, Handler],
        immediate: Mapping[str, Immediate],
        *,
        operations: Mapping[str, Operation],
        guard: Guard,
    ) -> None:
        super().__init__(path, handlers)
        self.immediate = immediate
        self._guard = guard
        methods = (*self._handlers, *immediate)
        self._operations = {method: operations["GET" if method == "HEAD" else method] for method in methods}

    def admit(self, call: Call) -> Steps[None]:
        call.operation = self._operations[call.method]
        return self._guard.admit(call, call.operation)


def _replied(reply: Reply, scope: Scope) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of a reply."""
    body = reply.body if isinstance(reply.body, bytes) else _encode(reply.body)
    headers = dict(reply.headers)
    if told := scope.get("answer_headers"):
        headers.update(told)
    if body:
        headers.setdefault(b"content-type", _JSON)
    return reply.status, _completed(reply.status, headers, body, scope), body


def _refused(problem: ProblemError, scope: Scope) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of a problem, whose own headers come before others of their names."""
    body = _encode(problem.body(instance=scope["path"], trace_id=scope["trace_id"]))
    headers = {b"content-type": _PROBLEM, **scope.get("answer_headers", {}), **_encoded(problem.headers)}
    return problem.kind.status, _completed(problem.kind.status, headers, body, scope), body


def _completed(status: int, headers: dict[bytes, bytes], body: bytes, scope: Scope) -> list[tuple[bytes, bytes]]:
    """With what every answer has."""
    headers[b"x-request-id"] = scope["trace_id"].encode()
    if status != HTTPStatus.NO_CONTENT:
        headers[b"content-length"] = b"%d" % len(body)
    headers.setdefault(b"cache-control", b"no-store")
    headers.setdefault(b"x-content-type-options", b"nosniff")
    return list(headers.items())


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Edge:
    """Wraps the router. ``endpoints`` that match by their path alone are found in one look-up; trying routes in turn costs more than that.
    ``proxy``: whose word about clients' addresses counts; ``cors``: which pages of other origins may use it.
    """

    def __init__(
        self, app: ASGIApp, reporter: Reporter, endpoints: Iterable[Endpoint] = (), *, proxy: Proxy = DIRECT, cors: Cors = NO_ORIGINS
    ) -> None:
        self._app = app
        self._cors = cors
        self._proxy = proxy
        self._reporter = reporter
        self._by_path = {endpoint.path: endpoint for endpoint in endpoints if "{" not in endpoint.path}
        self.begins: Final = frozenset(
            (method.encode(), path.encode()) for path, endpoint in self._by_path.items() for method in endpoint.immediate
        )
        """Method and path of what :meth:`begin` takes."""
        self._tasks = Tasks()

    def begin(self, scope: Scope, body: bytes, respond: Respond) -> bool:
        """Answer a whole request by ``respond``, now or later; the answer, and what it costs the caller, is the same as by ASGI. ``True``: none of them
        is left to the way of ASGI.
        """
        started = time.perf_counter()
        endpoint = self._by_path[scope["path"]]
        self._receive(scope)

        def answered(outcome: Reply | Exception) -> None:
            made = _replied(outcome, scope) if isinstance(outcome, Reply) else _refused(self._problem(outcome, scope), scope)
            status, headers, content = made
            respond(status, headers, content)
            _count(scope["method"], endpoint.path, status, started)

        self._tasks.begin(endpoint.steps(Call(scope, _read_already, scope["trace_id"], body), answered), answered)
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            scope["proxy"] = self._proxy
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        self._receive(scope)
        scope["app"] = self  # makes the router raise for a wrong method instead of answering in plain text
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            texts.accepted(scope["path"], "path")
            if scope["method"] == "OPTIONS" and (allowed := self._preflight(scope)) is not None:
                await _send(watch, *_replied(Reply(b"", 204, tuple(_encoded(allowed).items())), scope))
                _count("OPTIONS", PREFLIGHT, status, started)
                return
            direct = self._by_path.get(scope["path"])
            if direct is not None and direct.takes(scope["method"]):
                scope["endpoint"] = direct
                await direct(scope, receive, watch)
            else:
                await self._app(scope, receive, watch)
        except Exception as error:
            if status:
                raise
            await _send(watch, *_refused(self._problem(error, scope), scope))
        endpoint = scope.get("endpoint")
        _count(scope["method"], endpoint.path if isinstance(endpoint, Endpoint) else "unknown", status, started)

    def _receive(self, scope: Scope) -> None:
        """What everything about a request may ask for."""
        scope["trace_id"] = _trace_id(scope)
        scope["proxy"] = self._proxy
        if self._cors.origins:
            scope["answer_headers"] = _encoded(self._cors.headers(_header(scope, b"origin")))

    def _preflight(self, scope: Scope) -> dict[str, str] | None:
        return self._cors.preflight(_header(scope, b"origin"), _header(scope, b"access-control-request-method"))

    def _problem(self, error: Exception, scope: Scope) -> ProblemError:
        if isinstance(error, ProblemError):
            return error
        if isinstance(error, HTTPException):
            if error.status_code == 405:
                return ProblemError("METHOD_NOT_ALLOWED", headers=dict(error.headers or {}))
            return ProblemError("NOT_FOUND", "there is no such path")
        self._reporter.exception("unexpected error in %s %s (%s)", scope["method"], scope["path"], scope["trace_id"])
        return ProblemError("INTERNAL_ERROR")


def _count(method: str, path: str, status: int, started: float) -> None:
    REQUESTS.add(1, (method, path, str(status)))
    DURATIONS.observe(time.perf_counter() - started, (method, path))
    if status >= 500 and path not in PROBES:
        FAILED.add()


async def _read_already() -> Message:
    """What is received behind a body that has been read."""
    return {"type": "http.disconnect"}


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)


def _encoded(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in headers.items()}


def _trace_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            if _TRACE_ID.fullmatch(value):
                return str(value.decode("ascii"))
            break
    return uuid_text(new_uuid_bytes())


async def unknown_route(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - the shape of an ASGI application
    """What the router calls when nothing fits."""
    if scope["type"] == "http":
        raise HTTPException(404)
    await refuse_handshake(scope, send, ProblemError("NOT_FOUND", "there is no such path"), CLOSE_NOT_FOUND)
