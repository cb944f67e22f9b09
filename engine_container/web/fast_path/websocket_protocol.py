"""The server's WebSocket protocol with a fast path for what sockets nearly always carry: whole text messages, in one masked frame each.

Such frames are read and written here; handshake, fragments, pings, closes and everything that breaks the protocol go to the library, one whole
frame at a time, so that it always stands at the beginning of a frame when it gets one. The library alone costs more than an order does.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.speedups import apply_mask

MESSAGES_READ_AHEAD_MAX: Final = 32
"""Messages that may wait for the application; then nothing more is read from the connection."""

FRAMES_JOINED_MAX: Final = 64

SEND_AT_ONCE: Final = "mycrypto.send_at_once"
"""The extension of the scope that is :meth:`FastWebSocketProtocol.send_at_once`: a way to send for who has no time to wait."""

TAKE_AT_ONCE: Final = "mycrypto.take_at_once"
"""The extension of the scope that is :meth:`FastWebSocketProtocol.take_at_once`."""

WHEN_STOPPED: Final = "mycrypto.when_stopped"
"""The extension of the scope that is :meth:`FastWebSocketProtocol.when_stopped`."""

UNREAD_SECONDS_MAX: Final = 30
"""How long the end of a connection may wait for a reader that takes nothing. Then it is cut, so that a client cannot hold memory by not reading."""

ECHO_SECONDS_MAX: Final = 1
"""How long a server that stops waits for a client to answer its close."""

_WHOLE_TEXT: Final = 0x81
_OPCODE: Final = 0x0F
_FINAL: Final = 0x80
_MASKED: Final = 0x80
_CONTROL_OPCODE_MIN: Final = 8
_HEAD_END: Final = b"\r\n\r\n"


class Inbox:
    """The part of :class:`asyncio.Queue` that the library uses, for one reader."""

    def __init__(self) -> None:
        self._messages: deque[Any] = deque()
        self._reader: asyncio.Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        reader, self._reader = self._reader, None
        if reader is not None and not reader.done():
            reader.set_result(None)

    async def get(self) -> Any:
        while not self._messages:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._messages.popleft()

    @property
    def is_awaited(self) -> bool:
        """Whether the reader has taken all and waits for more."""
        return self._reader is not None and not self._messages

    def qsize(self) -> int:
        return len(self._messages)

    def empty(self) -> bool:
        return not self._messages


class FastWebSocketProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.queue: Inbox = Inbox()  # type: ignore[assignment] # what the library asks of a queue it has
        self._held = b""
        """The beginning of a frame whose end has not come."""
        self._take: Callable[[bytes], bool] | None = None
        self._stopped: Callable[[], None] | None = None
        self._frames: list[bytes] = []
        """Written at the end of this turn of the loop."""
        self._in_fragments = False
        self._library_only = False
        """The stream is where only the library knows: the client spoke before it was accepted, or sends more than is allowed."""

    def data_received(self, data: bytes) -> None:
        if self._library_only:
            super().data_received(data)
        elif self.handshake_complete:
            self._frames_received(self._held + data if self._held else data)
        else:
            self._library_only = self.handshake_initiated or not data.endswith(_HEAD_END)
            super().data_received(data)
            if not self.handshake_initiated:  # a head that came in parts
                self._library_only = False

    def _frames_received(self, data: bytes) -> None:
        at = 0
        size = len(data)
        while size - at >= 2:
            first, second = data[at], data[at + 1]
            length, head = second & 0x7F, 2
            if length == 126:
                if size - at < 4:
                    break
                length, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif length == 127:
                if size - at < 10:
                    break
                length, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            if length > self.config.ws_max_size:
                self._library_only, self._held = True, b""
                super().data_received(data[at:])
                return
            if second & _MASKED:
                head += 4
            end = at + head + length
            if size < end:
                break
            if first != _WHOLE_TEXT or not second & _MASKED or self._in_fragments or not self._text_received(data, at + head, end):
                self._pass_on(first, data[at:end])
            at = end
        self._held = data[at:]

    def _text_received(self, data: bytes, start: int, end: int) -> bool:
        """Hand a text to the application; says if it could be done here."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return False
        payload = apply_mask(data[start:end], data[start - 4 : start])
        if self._take is not None and self.queue.is_awaited and self._take(payload):
            return True
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return False
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if not self.read_paused and self.queue.qsize() >= MESSAGES_READ_AHEAD_MAX:
            self.read_paused = True
            self.transport.pause_reading()
        return True

    def _pass_on(self, first: int, frame: bytes) -> None:
        if first & _OPCODE < _CONTROL_OPCODE_MIN:
            self._in_fragments = not first & _FINAL
        super().data_received(frame)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[SEND_AT_ONCE] = self.send_at_once
            extensions[TAKE_AT_ONCE] = self.take_at_once
            extensions[WHEN_STOPPED] = self.when_stopped

    async def send(self, message: Any) -> None:
        text = message.get("text")
        if text is not None and self.send_at_once(text):
            return
        self._flush()
        if message["type"] == "websocket.close" and not self.writable.is_set():
            self.writable.set()  # a close waits for no reader
            self._cut_later()
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # by a refusal, which the library would report as an error of the application

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._cut_later()

    def _cut_later(self) -> None:
        self.loop.call_later(UNREAD_SECONDS_MAX, self._cut)

    def _cut(self) -> None:
        if not self.disconnected:
            self.transport.abort()

    def take_at_once(self, take: Callable[[bytes], bool]) -> None:
        """Offer every text (in UTF-8, if the client keeps to it) to ``take`` first while the application waits for one; what it does not take
        is received as usual.
        """
        self._take = take

    def send_at_once(self, text: str | bytes) -> bool:
        """Write a text (or its UTF-8); ``False`` where the connection does not take one now. All texts of a turn of the loop leave in one write."""
        if not self.handshake_complete or self.close_sent or self.disconnected or not self.writable.is_set():
            return False
        if not self._frames:
            self.loop.call_soon(self._flush)
        self._frames.append(text_frame(text) if isinstance(text, str) else _frame(text))
        if len(self._frames) >= FRAMES_JOINED_MAX:
            self._flush()  # so that the transport can say that it has enough
        return True

    def _flush(self) -> None:
        frames, self._frames = self._frames, []
        if frames and not self.transport.is_closing():
            self.transport.write(b"".join(frames) if len(frames) > 1 else frames[0])

    def when_stopped(self, stopped: Callable[[], None]) -> None:
        """Call ``stopped`` when the server stops; the application then closes the connection itself, when it has answered what is under way."""
        self._stopped = stopped

    def shutdown(self) -> None:
        self._flush()
        if self._stopped is None or self.close_sent or self.disconnected or self.transport.is_closing():
            super().shutdown()
        else:
            self.close_timeout = ECHO_SECONDS_MAX
            self._stopped()


@lru_cache(maxsize=16)
def text_frame(text: str) -> bytes:
    """A whole message as a server sends it: one frame, not masked. Remembered, for a message may be for a thousand readers."""
    return _frame(text.encode())


def _frame(payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return struct.pack(">BB", _WHOLE_TEXT, length) + payload
    if length < 1 << 16:
        return struct.pack(">BBH", _WHOLE_TEXT, 126, length) + payload
    return struct.pack(">BBQ", _WHOLE_TEXT, 127, length) + payload
