"""The facade's HTTP: one request in, one answer out, in Binance's form whatever happens."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.types import Receive, Scope, Send

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.admission import admit
from engine_container.gateway.binance.asked import Asked, Handler, SpotOperation
from engine_container.gateway.binance.errors import BinanceError
from engine_container.gateway.binance.limits import ORDERS_1D, ORDERS_10S, WEIGHT, Limits
from engine_container.gateway.binance.operations import BY_PATH, PATHS
from engine_container.gateway.binance.params import Params, of_request
from engine_container.gateway.binance.signing import signed_text
from engine_container.gateway.binance.times import in_microseconds
from engine_container.gateway.parts import Gateway
from engine_container.web.call import Call
from engine_container.web.edge import DURATIONS, FAILED, REQUESTS
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto.errors import ProblemError
from mycrypto.ids import uuid_text

Headers = list[tuple[bytes, bytes]]
KEY_HEADER: Final = b"x-mbx-apikey"
UNIT_HEADER: Final = b"x-mbx-time-unit"
_PREFIX: Final = "binance "
"""Before the paths of the facade, in metrics."""
_ALWAYS: Final = (
    (b"content-type", b"application/json;charset=UTF-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_encode: Final = msgspec.json.Encoder().encode


class HttpEdge:
    def __init__(self, gateway: Gateway, limits: Limits) -> None:
        self._gateway = gateway
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        scope["proxy"] = self._gateway.settings.proxy
        call = Call(scope, receive, uuid_text(new_uuid_bytes()))
        operation, handler = BY_PATH.get((call.path, "GET" if call.method == "HEAD" else call.method), (None, None))
        headers: Headers = []
        address = call.client_ip
        try:
            status, body = HTTPStatus.OK, await self._answer(call, address, operation, handler, headers)
        except Exception as error:  # noqa: BLE001 - whatever it is gets an answer in Binance's form
            refused = self._refused(error, call)
            status, body = HTTPStatus(refused.status), refused.body()
            if refused.retry_after:
                headers.append((b"retry-after", str(refused.retry_after).encode()))
        content = _encode(body)
        headers += [(b"x-mbx-used-weight", str(self._limits.used(address, WEIGHT)).encode())]
        headers += [(b"x-mbx-used-weight-1m", headers[-1][1]), (b"x-mbx-uuid", call.trace_id.encode()), *_ALWAYS]
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": content})
        path = _PREFIX + (operation.path if operation is not None else "unknown")
        REQUESTS.add(1, (call.method, path, str(int(status))))
        DURATIONS.observe(time.perf_counter() - started, (call.method, path))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            FAILED.add()

    def _refused(self, error: Exception, call: Call) -> BinanceError:
        if isinstance(error, BinanceError):
            return error
        if isinstance(error, ProblemError):
            return errors.of_problem(error)
        self._gateway.logger.error("unexpected error in %s %s (%s)", call.method, call.path, call.trace_id, exc_info=error)
        return errors.internal()

    async def _answer(self, call: Call, address: str, operation: SpotOperation | None, handler: Handler | None, headers: Headers) -> Any:
        self._limits.arrive(address)
        if operation is None or handler is None:
            self._limits.weigh(address, 1)
            is_known = call.path in PATHS
            raise errors.no_such_path(HTTPStatus.METHOD_NOT_ALLOWED if is_known else HTTPStatus.NOT_FOUND)
        query = call.target.partition("?")[2]
        body = "" if call.method in {"GET", "HEAD"} else (await call.body()).decode("utf-8", "replace")
        try:  # a body is read as a form whatever kind it is called: Hummingbot calls its forms JSON
            params = Params(of_request(query, body))
            weight = operation.weigh(params)
        except BinanceError:
            self._limits.weigh(address, 1)
            raise
        self._limits.weigh(address, weight)
        key_id = (call.header(KEY_HEADER) or b"").decode("latin-1")
        caller = await admit(self._gateway, operation, params, key_id=key_id, address=address, text=lambda: signed_text(query, body))
        microseconds = self._is_in_microseconds(call, params)
        asked = Asked(self._gateway, self._limits, params, address=address, caller=caller, microseconds=microseconds, key_id=key_id)
        if operation.orders:
            subject = asked.caller.user_id.hex()
            self._limits.order(subject, address, operation.orders)
            for name, window in ((b"x-mbx-order-count-10s", ORDERS_10S), (b"x-mbx-order-count-1d", ORDERS_1D)):
                headers.append((name, str(self._limits.used(subject, window)).encode()))
        answer = await handler(asked)
        return in_microseconds(answer) if microseconds else answer

    @staticmethod
    def _is_in_microseconds(call: Call, params: Params) -> bool:
        unit = params.text("timeUnit") or (call.header(UNIT_HEADER) or b"MILLISECOND").decode("latin-1")
        if unit.upper() not in {"MICROSECOND", "MILLISECOND"}:
            raise errors.invalid("timeUnit")
        return unit.upper() == "MICROSECOND"
