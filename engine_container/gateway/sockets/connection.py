"""One open socket: what is on its way to it, what it listens to, and when it must go."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.types import Receive, Scope, Send

from engine_container.gateway.auth import Caller
from engine_container.gateway.order_query import parse_mode
from engine_container.gateway.sockets.protocol import BookForm, Topic
from engine_container.metrics import Counter
from engine_container.web import handshakes
from mycrypto.contracts.api import Mode
from mycrypto.errors import ProblemError, invalid
from mycrypto.security.api_keys import PublishedApiKey

ORDERS_IN_FLIGHT_MAX: Final = 2_048
"""Two records of the command log: while the engine works on one, the next is put together."""

QUEUE_MAX: Final = 100
"""Messages that may wait for a reader that takes nothing."""

STUCK_SECONDS: Final = 1.0
"""A reader with a full queue is too slow when it has taken no message for so long: a burst alone must not close a connection."""

BURST_MAX: Final = 20_000
"""Messages that may wait whatever happens: all that one record of events (of at most 5,000) says of a user's orders and balances, some times over."""

CLOSE_RESTART: Final = 1012
RESTARTING: Final = "the gateway is restarting; connect again"
CLOSE_TRY_AGAIN: Final = 1013
CLOSE_UNAUTHORIZED: Final = 4401
CLOSE_NOT_FOUND: Final = handshakes.CLOSE_NOT_FOUND
CLOSE_IDLE: Final = 4408
CLOSE_TOO_MANY: Final = 4429
CLOSE_TOO_SLOW: Final = 4430

NEVER_S: Final = 2**53

MESSAGES: Final = Counter("websocket_messages_total")
_TYPE_AT: Final = len('{"type":"')
_encode: Final = msgspec.json.Encoder().encode


def text_of(message: dict[str, Any]) -> str:
    """A message as it goes out; encode once, send to many."""
    return _encode(message).decode()


class Window:
    """How many orders of one connection may be under way; who reads it waits at the door."""

    __slots__ = ("_door", "_empty", "_inside")

    def __init__(self) -> None:
        self._inside = 0
        self._door: asyncio.Future[None] | None = None
        self._empty: asyncio.Event | None = None

    def enter_at_once(self) -> bool:
        """Whether there was room."""
        if self._inside >= ORDERS_IN_FLIGHT_MAX:
            return False
        self._inside += 1
        return True

    async def enter(self) -> None:
        """One at a time."""
        while self._inside >= ORDERS_IN_FLIGHT_MAX:
            self._door = asyncio.get_running_loop().create_future()
            await self._door
        self._inside += 1

    async def emptied(self) -> None:
        """Until none is under way."""
        if self._inside:
            self._empty = asyncio.Event()
            await self._empty.wait()

    def leave(self, _: object = None) -> None:
        self._inside -= 1
        if self._door is not None:
            if not self._door.done():
                self._door.set_result(None)
            self._door = None
        if self._empty is not None and not self._inside:
            self._empty.set()


class Connection:
    """Messages leave in the order in which they were pushed. Nothing here waits for the reader."""

    __slots__ = (
        "_queue",
        "_send",
        "_send_at_once",
        "_taken_at",
        "_wake",
        "_writing",
        "active_at",
        "caller",
        "cancel_on_disconnect",
        "client_ip",
        "close_code",
        "close_reason",
        "ending",
        "key",
        "notified_of_s",
        "stopping",
        "subscriptions",
        "trace_id",
        "watched",
        "window",
    )

    def __init__(self, send: Send, trace_id: str, send_at_once: Callable[[str | bytes], bool] | None = None) -> None:
        """``send_at_once`` is the server's fast path to write a text, where it has one; it says if the connection takes it now."""
        self._send = send
        self._send_at_once = send_at_once
        self.window = Window()
        self._queue: deque[str] = deque()
        self._wake = asyncio.Event()
        self._writing = False
        self.trace_id = trace_id
        self.caller: Caller | None = None
        self.key: PublishedApiKey | None = None
        """The API key that the handshake was signed with, as it was published last."""
        self.client_ip = ""
        """Where the key was used from."""
        self.cancel_on_disconnect = False
        """Whether the user's open orders are cancelled when the connection ends."""
        self.watched = False
        """Whether the log watches that, in case the gateway does not live to do it."""
        self.subscriptions: dict[Topic, BookForm] = {}
        """What is listened to; of a book in which form."""
        self.active_at = self._taken_at = time.monotonic()
        self.notified_of_s = 0
        """The expiry that the client was told of."""
        self.close_code = 0
        self.close_reason = ""
        self.stopping = False
        """The server stops: what is under way is answered, nothing more is read."""
        self.ending: asyncio.Future[None] | None = None
        """Done when the connection is to end, whether or not its reader takes what it is sent; the task that serves it waits for this."""

    @property
    def closing(self) -> bool:
        return self.close_code != 0

    def stop(self) -> None:
        """The server stops."""
        self.stopping = True
        self._end()

    def _end(self) -> None:
        if self.ending is not None and not self.ending.done():
            self.ending.set_result(None)

    def push(self, text: str) -> None:
        """Queue a message; a reader that lets too many wait is closed and has to begin again."""
        if self.close_code:
            return
        waiting = len(self._queue)
        if waiting == 0:
            if self._sent_at_once(text, _type_of(text)):
                return
            self._taken_at = time.monotonic()
        elif waiting >= BURST_MAX or (waiting >= QUEUE_MAX and time.monotonic() - self._taken_at > STUCK_SECONDS):
            self.close(CLOSE_TOO_SLOW, "the reader is too slow; connect again and take a new snapshot")
            return
        self._queue.append(text)
        self._wake.set()

    def signed_in(self) -> Caller:
        """Whose connection it is. Raises UNAUTHORIZED."""
        if self.caller is None:
            raise ProblemError("UNAUTHORIZED", "sign in first: a token in the query, a signed handshake, or the action auth")
        return self.caller

    @property
    def expires_s(self) -> int:
        """When the token or the key ends, in epoch seconds; 0 for a connection without a sign-in."""
        if self.key is not None:
            return NEVER_S if self.key.expires_at is None else int(self.key.expires_at.timestamp())
        return self.caller.claims.exp if self.caller is not None and self.caller.claims is not None else 0

    def push_message(self, message: dict[str, Any]) -> None:
        """As :meth:`push`, for a message that is for this reader alone."""
        self._push_encoded(_encode(message), message["type"])

    def push_result(self, request_id: str | int | None, status: int, data: Any) -> None:
        """The answer to a request; bytes are JSON already."""
        shown = data if isinstance(data, bytes) else _encode(data)
        fields = (_encode(request_id), now_ms(), status, shown)
        self._push_encoded(b'{"type":"result","id":%b,"timestamp":%d,"status":%d,"data":%b}' % fields, "result")

    def _push_encoded(self, encoded: bytes, kind: str) -> None:
        if self._queue or not self._sent_at_once(encoded, kind):
            self.push(encoded.decode())

    def _sent_at_once(self, text: str | bytes, kind: str) -> bool:
        if self.close_code or self._send_at_once is None or self._writing or not self._send_at_once(text):
            return False
        MESSAGES.add(1, (kind, "out"))
        self.active_at = time.monotonic()
        return True

    def push_problem(self, problem: ProblemError, request_id: object = None, path: str = "/ws") -> None:
        message: dict[str, Any] = {"type": "error", "timestamp": now_ms(), "error": problem.body(instance=path, trace_id=self.trace_id)}
        if request_id is not None:
            message["id"] = request_id
        self.push_message(message)

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued (for a slow reader: instead of it)."""
        if not self.close_code:
            self.close_code, self.close_reason = code, reason
            if code == CLOSE_TOO_SLOW:
                self._queue.clear()
            self._wake.set()
            self._end()

    async def write(self) -> None:
        """Send what is pushed until the connection is closed."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            queue = self._queue
            self._writing = True  # what is pushed meanwhile has to stand behind it
            while queue:
                text = queue.popleft()
                await self._send({"type": "websocket.send", "text": text})
                MESSAGES.add(1, (_type_of(text), "out"))
                self.active_at = self._taken_at = time.monotonic()
            self._writing = False
            if self.close_code:
                await self.send_close()
                return

    async def send_close(self) -> None:
        await self._send({"type": "websocket.close", "code": self.close_code, "reason": self.close_reason[:120]})


def _type_of(text: str) -> str:
    """Every message of ours begins with its type."""
    return text[_TYPE_AT : text.find('"', _TYPE_AT)]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def query_token(scope: Scope) -> str:
    """The token of the query parameter ``token``, where browsers have to put it, or of the Authorization header."""
    token = _query(scope, "token")
    if token:
        return token
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return str(value[7:].decode("latin-1").strip())
    return ""


def query_cancels(scope: Scope) -> bool:
    """Whether the query asks for ``cancel_on_disconnect``. Raises VALIDATION_ERROR: who asks for it in other words must not trust in it."""
    wish = _query(scope, "cancel_on_disconnect").lower()
    if wish not in {"", "true", "false"}:
        raise invalid("cancel_on_disconnect", "must be true or false")
    return wish == "true"


def query_mode(scope: Scope) -> Mode:
    """What the query says about ``mode``; ``live`` where it says nothing. Raises VALIDATION_ERROR."""
    return parse_mode(_query(scope, "mode") or "live")


def _query(scope: Scope, wanted: str) -> str:
    for part in scope["query_string"].decode("latin-1").split("&"):
        name, _, value = part.partition("=")
        if name == wanted:
            return str(value)
    return ""


async def received_text(receive: Receive) -> str | None:
    """The next message of the client, or ``None`` when it has gone."""
    message = await receive()
    if message["type"] == "websocket.disconnect":
        return None
    text = message.get("text")
    return text if isinstance(text, str) else (message.get("bytes") or b"").decode("utf-8", "replace")
