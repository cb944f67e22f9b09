"""The frame of every function behind API Gateway: routing, who may call, and problem+json for whatever goes wrong.

Routes come from the operations that handlers declare (:class:`mycrypto.http.operation.Operation`); each handler takes a ``Request`` (and the
parts of its path) and returns a ``Reply`` or any value that msgspec can encode. Refusals are raised as ``ProblemError``; nothing else about
errors is a function's business.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
import psycopg
import redis.exceptions
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler import Response as GatewayResponse
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from mycrypto import texts
from mycrypto.cors import NO_ORIGINS, Cors
from mycrypto.database import CommitUnknownError
from mycrypto.errors import PROBLEM_MEDIA_TYPE, ProblemError, invalid
from mycrypto.http.callers import Caller, named_by_gateway
from mycrypto.http.operation import Operation
from mycrypto.http.request import BODY_BYTES_MAX, JSON_MEDIA_TYPE, REQUEST_ID_HEADER, Principal, Reply, Request
from mycrypto.proxies import DIRECT, Proxy
from mycrypto.telemetry import Logger, Meter

_PATH_PART: Final = re.compile(r"{(\w+)}")
_UNAVAILABLE: Final = (psycopg.OperationalError, redis.exceptions.RedisError)
"""Whatever Redis says: one whose disk is full or that no longer leads answers, and refuses to write."""

Endpoint = Callable[..., Any]


def no_second_factor(_: Principal) -> None:
    """Of a service that has nothing to show it to. Raises AUTH_003."""
    raise ProblemError("AUTH_003")


def no_charge(_: Request, __: Operation) -> None:
    """Of a service without limits."""


def _content(reply: Reply) -> str | bytes:
    """Bytes leave in base64, and API Gateway turns them back for a client that accepts their media type."""
    if reply.media == JSON_MEDIA_TYPE:
        return msgspec.json.encode(reply.body).decode()
    return reply.body if isinstance(reply.body, bytes) else str(reply.body)


class Api:
    """The routes of one function, callable as its Lambda handler."""

    def __init__(
        self,
        logger: Logger,
        meter: Meter,
        handlers: Iterable[tuple[Operation, Endpoint]],
        *,
        caller: Caller = named_by_gateway,
        second_factor: Callable[[Principal], None] = no_second_factor,
        charge: Callable[[Request, Operation], None] = no_charge,
        database_errors: str = "",
        proxy: Proxy | None = None,
        cors: Cors = NO_ORIGINS,
        body_bytes_max: int = BODY_BYTES_MAX,
    ) -> None:
        """``handlers`` are ``endpoint(request, **parts)`` with the operations that they declare; ``caller`` says who calls an operation that is not
        open to all, or raises; ``second_factor`` raises AUTH_003 unless the caller has shown it a moment ago; ``charge`` counts a request that is let in and raises RATE_LIMIT_EXCEEDED. ``database_errors`` is the
        metric that counts requests which PostgreSQL failed, if there is one. ``cors``: which pages of other origins may use the routes.
        """
        self._caller = caller
        self._second_factor = second_factor
        self._charge = charge
        self._logger = logger
        self._meter = meter
        self._database_errors = database_errors
        self._database_failed = False
        self._proxy = proxy or DIRECT
        self._cors = cors
        self._body_bytes_max = body_bytes_max
        self._resolver = APIGatewayRestResolver(debug=False)
        self._known: list[tuple[str, re.Pattern[str]]] = []
        self.operations: list[Operation] = []
        """What it routes."""
        self._request: Request | None = None
        self._route = ""

        @self._resolver.not_found
        def unknown(_: NotFoundError) -> GatewayResponse[str]:
            return self._guard(self._refuse_unknown)

        for operation, endpoint in handlers:
            self._register(operation, endpoint)

    def _register(self, operation: Operation, endpoint: Endpoint) -> None:
        method, path = operation.method.upper(), _PATH_PART.sub(r"<\1>", operation.path)
        self._known.append((method, re.compile(f"{_PATH_PART.sub('[^/]+', operation.path)}/*")))
        self.operations.append(operation)

        def call(**parts: str) -> GatewayResponse[str]:
            self._route = path
            if self._request is not None and operation.body_bytes_max is not None:
                self._request.body_bytes_max = operation.body_bytes_max
            return self._guard(lambda request: self._admitted(request, operation, endpoint, parts))

        call.__name__ = endpoint.__name__
        self._resolver.route(path, method)(call)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        started = time.perf_counter()
        request = Request(event, proxy=self._proxy, body_bytes_max=self._body_bytes_max)
        request.answer_headers.update(self._cors.headers(request.origin))
        self._request = request
        self._route = "unknown"
        self._database_failed = False
        self._logger.append_keys(traceId=request.trace_id)
        try:
            answer = self._resolver.resolve(dict(event), context)
            status = int(answer["statusCode"])
            self._meter.write(
                {
                    "http_requests_total": 1,
                    "http_request_duration_seconds": round(time.perf_counter() - started, 6),
                    "api_errors_total": int(status >= 500),
                    **({self._database_errors: int(self._database_failed)} if self._database_errors else {}),
                },
                method=request.method,
                path=self._route,
                status=str(status),
            )
            return answer
        finally:
            self._request = None
            self._logger.remove_keys(["traceId", "userId"])

    def _admitted(self, request: Request, operation: Operation, endpoint: Endpoint, parts: Mapping[str, str]) -> Any:
        """The endpoint's answer to whom the operation's permission lets in, with a body only where it takes one."""
        permission = operation.permission
        if not permission.is_open:
            principal = self._caller(request, operation)
            permission.require_role(principal.roles)
            if permission.second_factor:
                self._second_factor(principal)
            request.let_in(principal)
        if operation.body is None and request.has_body:
            raise invalid("body", "is not taken by this operation")
        for name in request.query:
            if name not in operation.query:
                raise invalid(texts.accepted(name, "query"), "is not a known parameter")
        self._charge(request, operation)
        return endpoint(request, **{name: texts.accepted(part, name) for name, part in parts.items()})

    def _refuse_unknown(self, request: Request) -> Reply:
        if request.method == "OPTIONS":
            allowed = self._cors.preflight(request.origin, request.header("access-control-request-method"))
            if allowed is not None:
                return Reply(status=204, headers=allowed)
        methods = sorted({method for method, pattern in self._known if pattern.fullmatch(request.path)})
        if methods and request.method not in methods:  # else it is a part of the path that no route takes
            raise ProblemError("METHOD_NOT_ALLOWED", headers={"Allow": ", ".join(methods)})
        raise ProblemError("NOT_FOUND", "there is no such path")

    def _guard(self, call: Callable[[Request], Any]) -> GatewayResponse[str]:
        request = self._request
        if request is None:
            raise RuntimeError("an endpoint was called outside a request")
        try:
            return self._respond(request, call(request))
        except ProblemError as problem:
            if problem.kind.status >= 500:
                self._logger.exception("refused for a fault of ours", code=problem.kind.code)
            return self._problem(request, problem)
        except CommitUnknownError:
            self._database_failed = True
            self._logger.exception("the connection was lost while a transaction was being committed")
            if request.method in {"GET", "HEAD"}:
                return self._problem(request, ProblemError("SERVICE_UNAVAILABLE", headers={"Retry-After": "1"}))
            return self._problem(request, ProblemError("OUTCOME_UNKNOWN", "look at what is in force before trying again"))
        except _UNAVAILABLE as error:
            self._database_failed = isinstance(error, psycopg.Error)
            self._logger.exception("a data service is not available")
            return self._problem(request, ProblemError("SERVICE_UNAVAILABLE", headers={"Retry-After": "1"}))
        except Exception:
            self._logger.exception("unexpected error")
            return self._problem(request, ProblemError("INTERNAL_ERROR"))

    def _respond(self, request: Request, value: Any) -> GatewayResponse[str]:
        reply = value if isinstance(value, Reply) else Reply(value)
        headers = {REQUEST_ID_HEADER: request.trace_id, "Cache-Control": "no-store", **request.answer_headers, **reply.headers}
        body = "" if reply.body is None else _content(reply)
        return GatewayResponse(reply.status, reply.media if body else None, body, headers)  # type: ignore[arg-type] # bytes are encoded, its hint lacks them

    def _problem(self, request: Request, problem: ProblemError) -> GatewayResponse[str]:
        headers = {REQUEST_ID_HEADER: request.trace_id, "Cache-Control": "no-store"} | request.answer_headers | problem.headers
        document = problem.body(instance=request.path, trace_id=request.trace_id)
        return GatewayResponse(problem.kind.status, PROBLEM_MEDIA_TYPE, json.dumps(document, ensure_ascii=False), headers)
