"""The socket endpoints: who may connect, what each message does, and when a connection ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import redis.exceptions
from starlette.types import Receive, Scope, Send

from engine_container.gateway.auth import UNCHECKED, Caller
from engine_container.gateway.limits import Use
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import known_symbol
from engine_container.gateway.routes.orders import Orders, Waiting, check_batch
from engine_container.gateway.sockets import connection as wire
from engine_container.gateway.sockets.connection import Connection, now_ms, query_cancels, query_token, received_text
from engine_container.gateway.sockets.protocol import ORDER_ACTIONS, PRIVATE_STREAMS, ClientMessage
from engine_container.metrics import Counter, Reading
from engine_container.views.answering import Placement
from engine_container.web.call import BodyDecoder
from engine_container.web.quick_sockets import SEND_AT_ONCE, TAKE_AT_ONCE
from mycrypto.contracts.api import BATCH_ITEMS_MAX
from mycrypto.errors import PROBLEM_MEDIA_TYPE, ProblemError, invalid
from mycrypto.ids import new_uuid
from mycrypto.security.revocation import is_revoked, keys_of
from mycrypto.security.tokens import Tier

CONNECTIONS_MAX: Final = 10_000
TURNED_AWAY_SECONDS: Final = 5
SUBSCRIPTIONS_MAX: Final = 10
MESSAGES_PER_SECOND_MAX: Final = 100
IDLE_SECONDS_MAX: Final = 300
CANCEL_ATTEMPTS_MAX: Final = 10
CANCEL_RETRY_SECONDS: Final = 1.0
EXPIRY_NOTICE_SECONDS: Final = 60
REVOCATION_CHUNK: Final = 500
RECONNECT_SECONDS: Final = 60
"""A user whose socket went and who has another one this soon was cut off."""
CONNECTIONS_BY_TIER: Final = {Tier.FREE: 1, Tier.BASIC: 5, Tier.PRO: 20, Tier.VIP: 100}

Outcome = tuple[int, Any] | ProblemError
"""Status and data of an answer (bytes: as JSON), or what is wrong."""

OPENED: Final = Counter("websocket_opened_total")
RECONNECTS: Final = Counter("websocket_reconnects_total")
CLOSED: Final = Counter("websocket_closed_total")
_decoder: Final = BodyDecoder(ClientMessage)


class Sockets:
    """All open sockets of this gateway."""

    def __init__(self, gateway: Gateway, orders: Orders) -> None:
        self._gateway = gateway
        self._orders = orders
        self._open: set[Connection] = set()
        self._by_user: dict[bytes, set[Connection]] = {}
        self._entries: dict[str, Callable[[Caller, ClientMessage], Awaitable[tuple[int, Any]]]] = {
            "place": self._place,
            "place_batch": self._place_batch,
            "cancel": self._cancel,
            "cancel_all": self._cancel_all,
        }
        self._beginners: dict[str, Callable[[Caller, ClientMessage, Callable[[Outcome], None]], None]] = {
            "place": self._begin_place,
            "place_batch": self._begin_batch,
        }
        gateway.sockets = self
        self._lost: dict[bytes, float] = {}
        """Users whose socket went, and when: oldest first."""
        Reading("websocket_connections", lambda: {(): len(self._open)})

    # endpoints

    async def order_book(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send, "orderbook", scope["path_params"]["symbol"])

    async def trades(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send, "trades", scope["path_params"]["symbol"])

    async def orders(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send, "orders", "")

    async def everything(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send, "", "")

    async def _serve(self, scope: Scope, receive: Receive, send: Send, stream: str, symbol: str) -> None:
        await receive()  # websocket.connect
        if len(self._open) >= CONNECTIONS_MAX:
            await _turn_away(scope, send)
            return
        await send({"type": "websocket.accept"})
        connection = Connection(send, str(new_uuid()), scope.get("extensions", {}).get(SEND_AT_ONCE))
        connection.cancel_on_disconnect = query_cancels(scope)
        if (take_at_once := scope.get("extensions", {}).get(TAKE_AT_ONCE)) is not None:
            take_at_once(lambda text: self._take(connection, text))
        self._open.add(connection)
        OPENED.add()
        writer = asyncio.create_task(connection.write())
        reader = asyncio.create_task(self._converse(connection, receive, stream, symbol, query_token(scope)))
        try:
            await asyncio.wait({writer, reader}, return_when=asyncio.FIRST_COMPLETED)
            if connection.closing and not writer.done():
                await asyncio.wait({writer}, timeout=2)
        finally:
            for task in (writer, reader):
                task.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)
            self._forget(connection)
        if connection.cancel_on_disconnect and connection.caller is not None:
            await self._cancel_orders_of(connection.caller)

    async def _cancel_orders_of(self, caller: Caller) -> None:
        """The user asked for it when the connection was opened. Cancelling twice does no harm, so it is tried until it is answered."""
        for attempt in range(1, CANCEL_ATTEMPTS_MAX + 1):
            try:
                done = await self._orders.cancel_every(caller, None, None)
            except ProblemError as problem:
                self._gateway.logger.warning("orders of a closed connection are not cancelled yet: %s", problem.kind.code)
                if attempt < CANCEL_ATTEMPTS_MAX:
                    await asyncio.sleep(CANCEL_RETRY_SECONDS)
            else:
                self._gateway.logger.info("cancelled %d orders with their connection", done.cancelled)
                return
        self._gateway.logger.error("orders of a closed connection were not cancelled", extra={"user_id": caller.user_id.hex()})

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        for stream, symbol in connection.subscriptions:
            self._gateway.hub.unsubscribe(connection, stream, symbol)
        self._leave_user(connection)
        if connection.close_code:
            CLOSED.add(1, (str(connection.close_code),))

    def _leave_user(self, connection: Connection) -> None:
        if connection.caller is not None:
            user_id = connection.caller.user_id
            own = self._by_user.get(user_id, set())
            own.discard(connection)
            if not own:
                self._by_user.pop(user_id, None)
            self._lost.pop(user_id, None)  # to stand at the end
            self._lost[user_id] = time.monotonic()

    async def _converse(self, connection: Connection, receive: Receive, stream: str, symbol: str, token: str) -> None:
        connection.push_message({"type": "connected", "timestamp": now_ms(), "data": {"connection_id": connection.trace_id}})
        try:
            if token:
                await self._sign_in(connection, token)
            if stream:
                self._subscribe(connection, stream, symbol)
        except ProblemError as problem:
            connection.push_problem(problem)
            connection.close(_close_code(problem), problem.detail or problem.kind.title)
            return
        await self._listen(connection, receive)

    async def _listen(self, connection: Connection, receive: Receive) -> None:
        async with asyncio.TaskGroup() as work:
            second, count = 0, 0
            while (text := await received_text(receive)) is not None:
                if connection.closing:
                    return
                connection.active_at = time.monotonic()
                message = self._read(connection, text)
                if message is None:
                    continue
                wire.MESSAGES.add(1, (message.action, "in"))
                if message.action in ORDER_ACTIONS:
                    await connection.window.enter()
                    if not self._begin(connection, message):
                        work.create_task(self._order(connection, message)).add_done_callback(connection.window.leave)
                    continue
                now = int(connection.active_at)
                second, count = now, count + 1 if now == second else 1
                if count > MESSAGES_PER_SECOND_MAX:
                    connection.close(wire.CLOSE_TOO_MANY, "too many messages")
                    return
                await self._answer(connection, message)

    @staticmethod
    def _read(connection: Connection, text: str) -> ClientMessage | None:
        try:
            return _decoder.decode(text.encode("utf-8", "replace"))
        except ProblemError as problem:
            connection.push_problem(problem)
            return None

    # what messages do

    async def _answer(self, connection: Connection, message: ClientMessage) -> None:
        try:
            if message.action == "ping":
                connection.push_message({"type": "pong", "timestamp": now_ms(), "id": message.id})
            elif message.action == "auth":
                await self._sign_in(connection, message.token or "")
                if message.cancel_on_disconnect is not None:
                    connection.cancel_on_disconnect = message.cancel_on_disconnect
                data = {"expires_at": _expires_s(connection) * 1_000, "cancel_on_disconnect": connection.cancel_on_disconnect}
                connection.push_message({"type": "authenticated", "timestamp": now_ms(), "id": message.id, "data": data})
            elif message.stream is None:
                raise invalid("stream", "is required")
            elif message.action == "subscribe":
                self._subscribe(connection, message.stream, message.symbol or "", message.id)
            elif message.action == "unsubscribe":
                self._unsubscribe(connection, message)
            else:
                self._resync(connection, message)
        except ProblemError as problem:
            connection.push_problem(problem, message.id)

    async def _sign_in(self, connection: Connection, token: str) -> None:
        """Put a user's name on the connection, or a fresh token of the same user in the place of the old one."""
        caller = await self._gateway.auth.verify(token)
        if connection.caller is not None and connection.caller.user_id != caller.user_id:
            raise ProblemError("FORBIDDEN", "the connection belongs to another user")
        own = self._by_user.setdefault(caller.user_id, set())
        if connection not in own and len(own) >= CONNECTIONS_BY_TIER[caller.tier]:
            raise ProblemError(
                "RATE_LIMIT_EXCEEDED",
                f"at most {CONNECTIONS_BY_TIER[caller.tier]} connections of one user",
                limit=CONNECTIONS_BY_TIER[caller.tier],
            )
        if connection.caller is None and self._lost.pop(caller.user_id, -RECONNECT_SECONDS) > time.monotonic() - RECONNECT_SECONDS:
            RECONNECTS.add()
        own.add(connection)
        connection.caller = caller
        connection.token = token

    def _subscribe(self, connection: Connection, stream: str, spelling: str, request_id: object = None) -> None:
        symbol = self._symbol_of(connection, stream, spelling)
        if (stream, symbol) in connection.subscriptions:
            raise invalid("stream", "is subscribed already")
        if len(connection.subscriptions) >= SUBSCRIPTIONS_MAX:
            raise ProblemError(
                "RATE_LIMIT_EXCEEDED", f"at most {SUBSCRIPTIONS_MAX} subscriptions of one connection", limit=SUBSCRIPTIONS_MAX
            )
        connection.subscriptions.add((stream, symbol))
        connection.push_message(
            {"type": "subscribed", "stream": stream, "symbol": symbol or None, "timestamp": now_ms(), "id": request_id, "success": True}
        )
        self._gateway.hub.subscribe(connection, stream, symbol)

    def _symbol_of(self, connection: Connection, stream: str, spelling: str) -> str:
        views = self._gateway.require_views()
        if stream in PRIVATE_STREAMS:
            if connection.caller is None:
                raise ProblemError("UNAUTHORIZED", "sign in first: a token in the query, or the action auth")
            return ""
        if not spelling:
            raise invalid("symbol", "is required")
        return known_symbol(views.symbols, spelling).symbol

    def _unsubscribe(self, connection: Connection, message: ClientMessage) -> None:
        stream = message.stream or ""
        symbol = self._symbol_of(connection, stream, message.symbol or "")
        if (stream, symbol) not in connection.subscriptions:
            raise invalid("stream", "is not subscribed")
        connection.subscriptions.discard((stream, symbol))
        self._gateway.hub.unsubscribe(connection, stream, symbol)
        connection.push_message(
            {"type": "unsubscribed", "stream": stream, "symbol": symbol or None, "timestamp": now_ms(), "id": message.id, "success": True}
        )

    def _resync(self, connection: Connection, message: ClientMessage) -> None:
        stream = message.stream or ""
        symbol = self._symbol_of(connection, stream, message.symbol or "")
        if (stream, symbol) not in connection.subscriptions:
            raise invalid("stream", "is not subscribed")
        if stream == "orderbook":
            self._gateway.hub.resync_book(connection, symbol, message.epoch, message.last_sequence)
        elif stream == "orders":
            self._gateway.hub.resync_orders(connection, message.last_sequence, message.id)
        else:
            raise invalid("stream", "cannot be taken up again; ask for it over HTTP")

    def _take(self, connection: Connection, text: bytes) -> bool:
        """An order in the turn of the loop in which it came; whatever is not one, or not quite right, is left to :meth:`_listen`."""
        try:
            message = _decoder.decode(text)
        except ProblemError:
            return False
        if message.action not in self._beginners or connection.closing or not connection.window.enter_at_once():
            return False
        if not self._begin(connection, message):
            connection.window.leave()
            return False
        connection.active_at = time.monotonic()
        wire.MESSAGES.add(1, (message.action, "in"))
        return True

    def _begin(self, connection: Connection, message: ClientMessage) -> bool:
        """Order entry without a task for each order; ``False`` where something has to be waited for first."""
        begin = self._beginners.get(message.action)
        if begin is None:
            return False

        def answered(outcome: Outcome) -> None:
            connection.window.leave()
            if isinstance(outcome, ProblemError):
                connection.push_problem(outcome, message.id)
            else:
                connection.push_result(message.id, *outcome)

        try:
            caller = _trader_of(connection)
            if not self._gateway.limits.spend_at_hand(caller.user_id, caller.tier, Use.ORDERS, kept=BATCH_ITEMS_MAX)[0]:
                return False
            begin(caller, message, answered)
        except ProblemError as problem:
            answered(problem)
        except Exception:
            self._gateway.logger.exception("unexpected error in %s over a socket", message.action)
            answered(ProblemError("INTERNAL_ERROR"))
        return True

    def _begin_place(self, caller: Caller, message: ClientMessage, answered: Callable[[Outcome], None]) -> None:
        if not message.order:
            raise invalid("order", "is required")
        self._orders.begin_one(
            caller, message.order, lambda placed: answered(placed if isinstance(placed, ProblemError) else (201, placed.answer()))
        )

    def _begin_batch(self, caller: Caller, message: ClientMessage, answered: Callable[[Outcome], None]) -> None:
        items = message.orders
        check_batch(len(items))
        self._gateway.limits.spend_at_hand(caller.user_id, caller.tier, Use.ORDERS, len(items) - 1)
        self._orders.begin_many(
            caller,
            items,
            "/ws",
            str(message.id),
            lambda results: answered(results if isinstance(results, ProblemError) else (200, results)),
        )

    async def _order(self, connection: Connection, message: ClientMessage) -> None:
        """Order entry: the answer carries the request's id, and the status that HTTP would have had."""
        try:
            caller = _trader_of(connection)
            await self._gateway.limits.spend(caller.user_id, caller.tier, Use.ORDERS)
            status, data = await self._entries[message.action](caller, message)
        except ProblemError as problem:
            connection.push_problem(problem, message.id)
        except Exception:
            self._gateway.logger.exception("unexpected error in %s over a socket", message.action)
            connection.push_problem(ProblemError("INTERNAL_ERROR"), message.id)
        else:
            connection.push_result(message.id, status, data)

    async def _place(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        if not message.order:
            raise invalid("order", "is required")
        waiting: Waiting[Placement] = Waiting()
        self._orders.begin_one(caller, message.order, waiting.settle)
        return 201, (await waiting.answer).answer()

    async def _place_batch(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        return 200, await self._orders.place_many(caller, message.orders, "/ws", str(message.id))

    async def _cancel(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        return 200, await self._orders.cancel_one(caller, message.order_id, message.client_order_id)

    async def _cancel_all(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        return 200, await self._orders.cancel_every(caller, message.symbol, None)

    # what time does

    async def run(self) -> None:
        """Trades ten times a second; tickers, idle connections, expired and revoked tokens once a second."""
        beat = 0
        while True:
            await asyncio.sleep(0.1)
            self._gateway.hub.flush_trades()
            beat += 1
            if beat % 10 == 0:
                self._gateway.hub.flush_tickers()
                self._close_idle()
                self._forget_lost()
                await self._close_expired()

    def _close_idle(self) -> None:
        oldest = time.monotonic() - IDLE_SECONDS_MAX
        for connection in self._open:
            if connection.active_at < oldest:
                connection.close(wire.CLOSE_IDLE, "nothing was said for five minutes")

    def _forget_lost(self) -> None:
        oldest = time.monotonic() - RECONNECT_SECONDS
        while self._lost and next(iter(self._lost.values())) < oldest:
            del self._lost[next(iter(self._lost))]

    async def _close_expired(self) -> None:
        now = int(time.time())
        signed = [connection for own in self._by_user.values() for connection in own]
        for connection in signed:
            expires = _expires_s(connection)
            if expires <= now:
                connection.close(wire.CLOSE_UNAUTHORIZED, "the token has expired")
            elif expires - now == EXPIRY_NOTICE_SECONDS:
                connection.push_message({"type": "token_expiring", "timestamp": now_ms(), "data": {"expires_at": expires * 1_000}})
        for start in range(0, len(signed), REVOCATION_CHUNK):
            await self._close_revoked(signed[start : start + REVOCATION_CHUNK])

    async def _close_revoked(self, connections: list[Connection]) -> None:
        claims = [
            connection.caller.claims for connection in connections if connection.caller is not None and connection.caller.claims is not None
        ]
        try:
            marks = await self._gateway.redis.mget([key for item in claims for key in keys_of(item)])
        except (redis.exceptions.RedisError, OSError):
            UNCHECKED.add()
            return
        for place, (connection, item) in enumerate(zip(connections, claims, strict=True)):
            if is_revoked(item, marks[3 * place : 3 * place + 3]):
                connection.close(wire.CLOSE_UNAUTHORIZED, "the token was revoked")


async def _turn_away(scope: Scope, send: Send) -> None:
    """Before the handshake is accepted: an HTTP answer where the server can give one."""
    problem = ProblemError("SERVICE_UNAVAILABLE", f"at most {CONNECTIONS_MAX} sockets of one gateway; connect again later")
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": wire.CLOSE_TRY_AGAIN, "reason": problem.detail})
        return
    headers = [(b"content-type", PROBLEM_MEDIA_TYPE.encode()), (b"retry-after", str(TURNED_AWAY_SECONDS).encode())]
    await send({"type": "websocket.http.response.start", "status": problem.kind.status, "headers": headers})
    body = msgspec.json.encode(problem.body(instance=str(scope["path"]), trace_id=str(new_uuid())))
    await send({"type": "websocket.http.response.body", "body": body})


def _expires_s(connection: Connection) -> int:
    """When the connection's token ends, in epoch seconds; 0 for one that nobody signed in on."""
    caller = connection.caller
    return caller.claims.exp if caller is not None and caller.claims is not None else 0


def _trader_of(connection: Connection) -> Caller:
    """The user of the connection, if it may trade now."""
    caller = connection.caller
    if caller is None:
        raise ProblemError("UNAUTHORIZED", "sign in first: a token in the query, or the action auth")
    if _expires_s(connection) <= time.time():
        raise ProblemError("INVALID_TOKEN", "the token has expired; send a new one with the action auth")
    caller.require_trader()
    return caller


def _close_code(problem: ProblemError) -> int:
    if problem.kind.status in {401, 403}:
        return wire.CLOSE_UNAUTHORIZED
    if problem.kind.status == 429:
        return wire.CLOSE_TOO_MANY
    if problem.kind.status == 503:
        return wire.CLOSE_TRY_AGAIN
    return wire.CLOSE_NOT_FOUND
