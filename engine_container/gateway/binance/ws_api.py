"""The WebSocket API: the same operations as over HTTP, sessions, and the events of an account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec

from engine_container.gateway.auth import Caller
from engine_container.gateway.binance import errors
from engine_container.gateway.binance.admission import known_key, permitted
from engine_container.gateway.binance.asked import Asked, SpotOperation
from engine_container.gateway.binance.errors import BinanceError
from engine_container.gateway.binance.limits import ORDERS_1D, ORDERS_10S, WEIGHT, Limits
from engine_container.gateway.binance.operations import BY_MESSAGE
from engine_container.gateway.binance.outlet import Outlet, encode, now_ms
from engine_container.gateway.binance.params import Params, of_message
from engine_container.gateway.binance.reports import Listener, Reports
from engine_container.gateway.binance.signing import check_time, is_genuine, message_text
from engine_container.gateway.binance.times import in_microseconds
from engine_container.gateway.parts import Gateway
from mycrypto.errors import ProblemError
from mycrypto.permissions import READING, Permission
from mycrypto.security.api_keys import PublishedApiKey

AT_ONCE_MAX: Final = 64
"""Requests of one connection that are under way."""


class Message(msgspec.Struct):
    id: str | int | None
    method: str
    params: dict[str, Any] = {}


_decoder: Final = msgspec.json.Decoder(Message, float_hook=str)
"""Numbers stay as they were sent: they are signed so."""


class Subscription(msgspec.Struct, frozen=True, eq=False):
    number: int
    user_id: bytes
    key_id: str
    listener: Listener


class WsApi:
    """One connection."""

    def __init__(
        self, gateway: Gateway, limits: Limits, reports: Reports, outlet: Outlet, *, address: str, key_id: str, microseconds: bool
    ) -> None:
        self._gateway = gateway
        self._limits = limits
        self._reports = reports
        self._outlet = outlet
        self.address = self._address = address
        self._key_id = key_id
        self._microseconds = microseconds
        self._session: PublishedApiKey | None = None
        self._since = 0
        self.subscriptions: dict[int, Subscription] = {}
        self._numbers = 0
        self._work: set[asyncio.Task[None]] = set()
        self._own: dict[str, Callable[[Params, dict[str, str]], Any]] = {
            "session.logon": self._logon,
            "session.status": self._status,
            "session.logout": self._logout,
            "session.subscriptions": self._listed,
            "userDataStream.subscribe": self._subscribe,
            "userDataStream.subscribe.signature": self._subscribe_signed,
            "userDataStream.unsubscribe": self._unsubscribe,
        }

    def end(self) -> None:
        for task in self._work:
            task.cancel()
        for number in list(self.subscriptions):
            self.drop(number)

    def drop(self, number: int) -> None:
        """End a subscription."""
        gone = self.subscriptions.pop(number, None)
        if gone is not None:
            self._reports.leave(gone.user_id, gone.listener)

    def terminate(self, subscription: Subscription) -> None:
        """End a subscription whose key may not listen any more, and say so."""
        if self.subscriptions.get(subscription.number) is subscription:
            subscription.listener({"e": "eventStreamTerminated", "E": now_ms()})
            self.drop(subscription.number)

    def heard(self, text: str) -> None:
        if len(self._work) >= AT_ONCE_MAX:
            self._outlet.push(_failed(None, BinanceError(-1008, "Server is currently overloaded with other requests.", 503), []))
            return
        task = asyncio.get_running_loop().create_task(self._take(text))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _take(self, text: str) -> None:
        try:
            message = _decoder.decode(text)
        except msgspec.MsgspecError:
            self._outlet.push(_failed(None, BinanceError(-1135, "Invalid JSON request."), []))
            return
        after: Callable[[], None] | None = None
        returns_limits = True
        try:
            values = of_message(message.params)
            returns_limits = Params(values).flag("returnRateLimits", default=True)
            self._limits.arrive(self._address)
            result, after, counted = await self._answer(message.method, values)
            if self._microseconds:
                result = in_microseconds(result)
            self._outlet.push(_succeeded(message.id, result, self._answer_limits(counted) if returns_limits else None))
        except Exception as error:  # noqa: BLE001 - whatever it is gets an answer in Binance's form
            refused = self._refused(error, message.method)
            self._outlet.push(_failed(message.id, refused, self._answer_limits("") if returns_limits else None))
        if after is not None:
            after()

    def _refused(self, error: Exception, method: str) -> BinanceError:
        if isinstance(error, BinanceError):
            return error
        if isinstance(error, ProblemError):
            return errors.of_problem(error)
        self._gateway.logger.error("unexpected error in %s", method, exc_info=error)
        return errors.internal()

    def _answer_limits(self, account: str) -> list[dict[str, Any]]:
        """How much of the limits is used; those of new orders where an account has placed some."""
        orders = (ORDERS_10S, ORDERS_1D) if account else ()
        found = [window.described() | {"count": self._limits.used(account, window)} for window in orders]
        return [*found, WEIGHT.described() | {"count": self._limits.used(self._address, WEIGHT)}]

    async def _answer(self, method: str, values: dict[str, str]) -> tuple[Any, Callable[[], None] | None, str]:
        """The result, what comes behind it, and the account whose new orders were counted ("": none were)."""
        params = Params(values)
        own = self._own.get(method)
        if own is not None:
            self._limits.weigh(self._address, 2)
            result, after = await own(params, values)
            return result, after, ""
        operation, handler = BY_MESSAGE.get(method, (None, None))
        if operation is None or handler is None:
            self._limits.weigh(self._address, 1)
            raise BinanceError(-1020, "This operation is not supported.", HTTPStatus.NOT_FOUND)
        self._limits.weigh(self._address, operation.weigh(params))
        caller = await self._caller(operation, params, values)
        asked = Asked(
            self._gateway,
            self._limits,
            params,
            address=self._address,
            caller=caller,
            microseconds=self._microseconds,
            key_id=params.text("apiKey") or self._key_id,
        )
        account = ""
        if operation.orders:
            account = asked.caller.user_id.hex()
            self._limits.order(account, self._address, operation.orders)
        return await handler(asked), None, account

    async def _caller(self, operation: SpotOperation, params: Params, values: dict[str, str]) -> Caller | None:
        permission = operation.permission
        if permission.is_open and not operation.needs_key:
            return None
        if "signature" not in params and self._session is not None and "apiKey" not in params:
            if "timestamp" in params:
                check_time(params)
            key, _ = await known_key(self._gateway, self._session.key_id)
            return permitted(key, permission, self._address) if not permission.is_open else None
        key = await self._signed(params, values, permission)
        return permitted(key, permission, self._address) if not permission.is_open else None

    async def _signed(self, params: Params, values: dict[str, str], permission: Permission) -> PublishedApiKey:
        """The key that signed a message."""
        key_id = params.text("apiKey") or self._key_id
        if not key_id:
            raise errors.key_format()
        key, signing = await known_key(self._gateway, key_id)
        if permission.is_open:
            return key
        signature = params.needed("signature")
        check_time(params)
        if not is_genuine(signing, message_text(values), signature):
            raise errors.bad_signature()
        return key

    # sessions

    async def _logon(self, params: Params, values: dict[str, str]) -> tuple[Any, None]:
        key = await self._signed(params, values, READING)
        permitted(key, READING, self._address)
        self._session, self._since = key, now_ms()
        return self._session_model(), None

    async def _status(self, params: Params, values: dict[str, str]) -> tuple[Any, None]:  # noqa: ARG002 - the shape of a method
        return self._session_model(), None

    async def _logout(self, params: Params, values: dict[str, str]) -> tuple[Any, None]:  # noqa: ARG002 - the shape of a method
        self._session, self._since = None, 0
        return self._session_model(), None

    def _session_model(self) -> dict[str, Any]:
        return {
            "apiKey": None if self._session is None else self._session.key_id,
            "authorizedSince": self._since or None,
            "connectedSince": self._outlet.opened_ms,
            "returnRateLimits": True,
            "serverTime": now_ms(),
            "userDataStream": bool(self.subscriptions),
        }

    # the events of an account

    async def _subscribe(self, params: Params, values: dict[str, str]) -> tuple[Any, Callable[[], None]]:  # noqa: ARG002 - as above
        if self._session is None:
            raise BinanceError(-1002, "You are not authorized to execute this request.", HTTPStatus.UNAUTHORIZED)
        return self._begin(self._session)

    async def _subscribe_signed(self, params: Params, values: dict[str, str]) -> tuple[Any, Callable[[], None]]:
        key = await self._signed(params, values, READING)
        permitted(key, READING, self._address)
        return self._begin(key)

    def _begin(self, key: PublishedApiKey) -> tuple[Any, Callable[[], None]]:
        """Events begin behind the answer."""
        number, self._numbers = self._numbers, self._numbers + 1

        def tell(event: dict[str, Any]) -> None:
            self._outlet.push(encode({"subscriptionId": number, "event": event}))

        def begin() -> None:
            self.subscriptions[number] = Subscription(number, key.user_id.bytes, key.key_id, tell)
            self._reports.listen(key.user_id.bytes, tell)

        return {"subscriptionId": number}, begin

    async def _unsubscribe(self, params: Params, values: dict[str, str]) -> tuple[Any, None]:  # noqa: ARG002 - as above
        number = params.optional_integer("subscriptionId")
        for each in [number] if number is not None else list(self.subscriptions):
            self.drop(each)
        return {}, None

    async def _listed(self, params: Params, values: dict[str, str]) -> tuple[Any, None]:  # noqa: ARG002 - as above
        return [{"subscriptionId": number} for number in self.subscriptions], None


def _succeeded(message_id: str | int | None, result: Any, limits: list[dict[str, Any]] | None) -> bytes:
    answer = {"id": message_id, "status": 200, "result": result}
    return encode(answer if limits is None else answer | {"rateLimits": limits})


def _failed(message_id: str | int | None, error: BinanceError, limits: list[dict[str, Any]] | None) -> bytes:
    answer = {"id": message_id, "status": error.status, "error": error.body()}
    return encode(answer if limits is None else answer | {"rateLimits": limits})
