"""The socket endpoints: who may connect, what each message does, and when a connection ends."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

from engine_container.gateway.api_keys import is_signed
from engine_container.gateway.auth import Caller
from engine_container.gateway.order_checks import CANCELLED
from engine_container.gateway.parts import Gateway
from engine_container.gateway.sockets import connection as wire
from engine_container.gateway.sockets.connection import Connection, now_ms, query_cancels, query_mode, query_token, received_text
from engine_container.gateway.sockets.notices import NoticeStream
from engine_container.gateway.sockets.order_entry import OrderEntry
from engine_container.gateway.sockets.paper import PaperStreams
from engine_container.gateway.sockets.protocol import ORDER_ACTIONS, Addressed, ClientMessage, StreamName
from engine_container.gateway.sockets.session_check import SessionCheck
from engine_container.gateway.sockets.subscriptions import Subscriptions
from engine_container.metrics import Counter, Reading
from engine_container.web.call import BodyDecoder, Call
from engine_container.web.fast_path.websocket_protocol import SEND_AT_ONCE, TAKE_AT_ONCE, WHEN_STOPPED
from engine_container.web.handshakes import refuse_handshake
from engine_container.web.steps import finish
from mycrypto.contracts.events import OrderClosed
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.operation import SWITCHED, Operation
from mycrypto.ids import new_uuid
from mycrypto.permissions import READING, TRADING, Permission
from mycrypto.security.tokens import Tier

CONNECTIONS_MAX: Final = 10_000
TURNED_AWAY: Final = ProblemError(
    "SERVICE_UNAVAILABLE", f"at most {CONNECTIONS_MAX} sockets of one gateway; connect again later", headers={"Retry-After": "5"}
)
MESSAGES_PER_SECOND_MAX: Final = 100
IDLE_SECONDS_MAX: Final = 300
FAREWELL_SECONDS_MAX: Final = 1
"""For what is on its way when a connection ends."""
ANSWERED_SECONDS_MAX: Final = 6
"""For orders that are under way when the server stops."""
CANCEL_ATTEMPTS_MAX: Final = 10
CANCEL_RETRY_SECONDS: Final = 1.0
RECONNECT_SECONDS: Final = 60
"""A user whose socket went and who has another one this soon was cut off."""
CONNECTIONS_BY_TIER: Final = {Tier.FREE: 5, Tier.BASIC: 10, Tier.PRO: 20, Tier.VIP: 100}

OPENED: Final = Counter("websocket_opened_total")
RECONNECTS: Final = Counter("websocket_reconnects_total")
CLOSED: Final = Counter("websocket_closed_total")
_CHANNEL: Final = Permission(instead="to listen to own orders, to trade: as the actions of the socket say")
_decoder: Final = BodyDecoder(ClientMessage)
_addressed_decoder: Final = msgspec.json.Decoder(Addressed)


def _channel(path: str, name: str, summary: str) -> Operation:
    """A socket as HTTP sees it; what is said over it is the AsyncAPI document's."""
    errors = ("UPGRADE_REQUIRED",)
    return Operation(
        method="get", path=path, name=name, summary=summary, tag="sockets", status=SWITCHED, errors=errors, permission=_CHANNEL
    )


class Sockets:
    """All open sockets of this gateway. Its declared handlers are ASGI applications."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._entry = OrderEntry(gateway)
        self._paper = PaperStreams(gateway)
        self._notices = NoticeStream(gateway)
        self._subscriptions = Subscriptions(gateway, self._paper, self._notices)
        self._standing = SessionCheck(gateway)
        self._open: set[Connection] = set()
        self._by_user: dict[bytes, set[Connection]] = {}
        gateway.sockets = self
        self._lost: dict[bytes, float] = {}
        """Users whose socket went, and when: oldest first."""
        Reading("websocket_connections", lambda: {(): len(self._open) + gateway.facade_sockets})

    # endpoints

    @_channel("/ws/orderbook/{symbol}", "openOrderBook", "A socket with the book of a symbol: a snapshot, then its changes")
    async def order_book(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send, "orderbook", scope["path_params"]["symbol"])

    @_channel("/ws/trades/{symbol}", "openTrades", "A socket with the trades of a symbol")
    async def trades(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send, "trades", scope["path_params"]["symbol"])

    @_channel("/ws/orders", "openOrders", "A socket with the changes of own orders")
    async def orders(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send, "orders", "")

    @_channel("/ws", "openSocket", "A socket for any number of streams, and for orders")
    async def everything(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send, None, "")

    async def _serve(self, scope: Scope, receive: Receive, send: Send, stream: StreamName | None, symbol: str) -> None:
        await receive()  # websocket.connect
        if len(self._open) >= CONNECTIONS_MAX:
            await refuse_handshake(scope, send, TURNED_AWAY, wire.CLOSE_TRY_AGAIN)
            return
        await send({"type": "websocket.accept"})
        offered = scope.get("extensions", {})
        connection = Connection(send, str(new_uuid()), offered.get(SEND_AT_ONCE))
        connection.ending = ending = asyncio.get_running_loop().create_future()
        if (take_at_once := offered.get(TAKE_AT_ONCE)) is not None:
            take_at_once(lambda text: self._take(connection, text))
        if (when_stopped := offered.get(WHEN_STOPPED)) is not None:
            when_stopped(connection.stop)
        self._open.add(connection)
        OPENED.add()
        writer = asyncio.create_task(connection.write())
        reader = asyncio.create_task(self._converse(connection, receive, scope, stream, symbol))
        try:
            await asyncio.wait({writer, reader, ending}, return_when=asyncio.FIRST_COMPLETED)
            if connection.stopping:
                await _answered(connection)
                connection.close(wire.CLOSE_RESTART, wire.RESTARTING)
            if connection.closing and not writer.done():
                await asyncio.wait({writer}, timeout=FAREWELL_SECONDS_MAX)
                await _close_unread(connection, writer)
        finally:
            for task in (writer, reader):
                task.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)
            self._forget(connection)
        if connection.watched and connection.caller is not None:
            await self._cancel_orders_of(connection.caller)

    def _watch(self, connection: Connection) -> None:
        """Let the log watch over the user's orders for as long as the connection asks for it. Raises FORBIDDEN for a key that only reads: it
        cancels nothing, by going away neither.
        """
        if connection.cancel_on_disconnect and connection.key is not None:
            try:
                TRADING.require_scope(connection.key.scopes)
            except ProblemError:
                connection.cancel_on_disconnect = False
                raise
        wanted = connection.cancel_on_disconnect and connection.caller is not None
        if connection.caller is None or wanted == connection.watched:
            return
        connection.watched = wanted
        (self._gateway.switches.watch if wanted else self._gateway.switches.leave)(connection.caller.user_id)

    async def _cancel_orders_of(self, caller: Caller) -> None:
        """The user asked for it when the connection was opened. Cancelling twice does no harm, so it is tried until it is answered."""
        self._gateway.switches.end(caller.user_id)
        for attempt in range(1, CANCEL_ATTEMPTS_MAX + 1):
            try:
                answers = await self._gateway.submit(self._gateway.switches.farewell(caller.user_id))
            except ProblemError as problem:
                self._gateway.logger.warning("orders of a closed connection are not cancelled yet: %s", problem.kind.code)
                if attempt < CANCEL_ATTEMPTS_MAX:
                    await asyncio.sleep(CANCEL_RETRY_SECONDS)
            else:
                self._gateway.switches.said_farewell(caller.user_id)
                cancelled = sum(isinstance(event, OrderClosed) and event.user_id == caller.user_id for event in answers[0].result.events)
                CANCELLED.add(cancelled)
                self._gateway.logger.info("cancelled %d orders with their connection", cancelled)
                return
        self._gateway.logger.error(
            "orders of a closed connection are not cancelled yet; it is tried on", extra={"user_id": caller.user_id.hex()}
        )
        self._gateway.switches.owe(caller.user_id)

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._subscriptions.drop(connection)
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

    async def _converse(self, connection: Connection, receive: Receive, scope: Scope, stream: StreamName | None, symbol: str) -> None:
        connection.push_message({"type": "connected", "timestamp": now_ms(), "data": {"connection_id": connection.trace_id}})
        try:
            connection.cancel_on_disconnect = query_cancels(scope)
            call = Call({**scope, "method": "GET"}, receive, connection.trace_id, b"")
            if is_signed(call):
                await self._sign_in_with_key(connection, call)
            elif token := query_token(scope):
                await self._sign_in(connection, token)
            self._watch(connection)
            if stream:
                asked = ClientMessage("subscribe", stream=stream, symbol=symbol, mode=query_mode(scope))
                await self._subscriptions.add(connection, asked)
        except ProblemError as problem:
            connection.push_problem(problem)
            connection.close(_close_code(problem), problem.detail or problem.kind.title)
            return
        await self._listen(connection, receive)

    async def _listen(self, connection: Connection, receive: Receive) -> None:
        async with asyncio.TaskGroup() as work:
            second, count = 0, 0
            while (text := await received_text(receive)) is not None:
                if connection.closing or connection.stopping:
                    return
                connection.active_at = time.monotonic()
                message = self._read(connection, text)
                if message is not None:
                    wire.MESSAGES.add(1, (message.action, "in"))
                if message is not None and message.action in ORDER_ACTIONS and connection.caller is not None:
                    await connection.window.enter()
                    if self._entry.is_immediate(message.action):
                        self._entry.begin(connection, message)
                    else:
                        work.create_task(self._entry.carry_out(connection, message)).add_done_callback(connection.window.leave)
                    continue
                now = int(connection.active_at)
                second, count = now, count + 1 if now == second else 1
                if count > MESSAGES_PER_SECOND_MAX:
                    connection.close(wire.CLOSE_TOO_MANY, "too many messages")
                    return
                if message is not None:
                    await self._answer(connection, message)

    @staticmethod
    def _read(connection: Connection, text: str) -> ClientMessage | None:
        try:
            return _decoder.decode(text.encode("utf-8", "replace"))
        except ProblemError as problem:
            connection.push_problem(problem, _request_id(text))
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
                self._watch(connection)
                data = {"expires_at": connection.expires_s * 1_000, "cancel_on_disconnect": connection.cancel_on_disconnect}
                connection.push_message({"type": "authenticated", "timestamp": now_ms(), "id": message.id, "data": data})
            elif message.action in ORDER_ACTIONS:
                connection.signed_in()  # raises for a connection that is not signed in; orders of one that is are handled elsewhere
            elif message.stream is None:
                raise invalid("stream", "is required")
            elif message.action == "subscribe":
                await self._subscriptions.add(connection, message)
            elif message.action == "unsubscribe":
                self._subscriptions.remove(connection, message)
            else:
                await self._subscriptions.resync(connection, message)
        except ProblemError as problem:
            connection.push_problem(problem, message.id)

    async def _sign_in(self, connection: Connection, token: str) -> None:
        """Put a user's name on the connection, or a fresh token of the same user in the place of the old one."""
        self._admit(connection, await finish(self._gateway.auth.verify(token)))
        connection.key = None

    async def _sign_in_with_key(self, connection: Connection, handshake: Call) -> None:
        key = await finish(self._gateway.api_keys.verify(handshake, READING))
        self._admit(connection, Caller(key.user_id.bytes, key.identity))
        connection.key = key
        connection.client_ip = handshake.client_ip

    def _admit(self, connection: Connection, caller: Caller) -> None:
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

    def _take(self, connection: Connection, text: bytes) -> bool:
        """An order in the turn of the loop in which it came; whatever is not one, or not quite right, is left to :meth:`_listen`."""
        try:
            message = _decoder.decode(text)
        except ProblemError:
            return False
        if not self._entry.is_immediate(message.action) or connection.caller is None or connection.closing or connection.stopping:
            return False
        if not connection.window.enter_at_once():
            return False
        self._entry.begin(connection, message)
        connection.active_at = time.monotonic()
        wire.MESSAGES.add(1, (message.action, "in"))
        return True

    # what time does

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as work:
            work.create_task(self._paper.run())
            work.create_task(self._notices.run())
            work.create_task(self._beat())
            work.create_task(self._beat_books())

    async def _beat(self) -> None:
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
                await self._standing.look([connection for own in self._by_user.values() for connection in own])

    async def _beat_books(self) -> None:
        """Twenty times a second: books that are told together."""
        while True:
            await asyncio.sleep(0.05)
            self._gateway.hub.flush_books(now_ms())

    def _close_idle(self) -> None:
        oldest = time.monotonic() - IDLE_SECONDS_MAX
        for connection in self._open:
            if connection.active_at < oldest:
                connection.close(wire.CLOSE_IDLE, "nothing was said for five minutes")

    def _forget_lost(self) -> None:
        oldest = time.monotonic() - RECONNECT_SECONDS
        while self._lost and next(iter(self._lost.values())) < oldest:
            del self._lost[next(iter(self._lost))]


async def _answered(connection: Connection) -> None:
    """Wait until every order of the connection is answered, or for ``ANSWERED_SECONDS_MAX``."""
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWERED_SECONDS_MAX):
            await connection.window.emptied()


async def _close_unread(connection: Connection, writer: asyncio.Task[None]) -> None:
    """Close a connection whose reader takes nothing: what waits for it stays unsaid, and its end is told as far as the server can."""
    if writer.done():
        return
    writer.cancel()
    await asyncio.wait({writer})
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(FAREWELL_SECONDS_MAX):
            await connection.send_close()


def _request_id(text: str) -> str | int | None:
    """The id of a message that is not valid, if at least that can be read."""
    try:
        return _addressed_decoder.decode(text).id
    except msgspec.MsgspecError:
        return None


def _close_code(problem: ProblemError) -> int:
    if problem.kind.status in {401, 403}:
        return wire.CLOSE_UNAUTHORIZED
    if problem.kind.status == 429:
        return wire.CLOSE_TOO_MANY
    if problem.kind.status == 503:
        return wire.CLOSE_TRY_AGAIN
    return wire.CLOSE_NOT_FOUND
