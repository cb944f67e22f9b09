"""Clients as thin as they can be: they share the machine with what they measure."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Final, cast

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length: "


class _Wire(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @property
    def transport(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Http(_Wire):
    """One keep-alive connection with one request on it at a time; without a token it is that of a stranger."""

    def __init__(self, token: str) -> None:
        super().__init__()
        signed = f"Authorization: Bearer {token}\r\n" if token else ""
        self._head = f"Host: x\r\n{signed}Content-Type: application/json\r\nContent-Length: ".encode()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, port: int, token: str) -> Http:
        _, made = await asyncio.get_running_loop().create_connection(lambda: cls(token), "127.0.0.1", port)
        return made

    def post(self, path: str, body: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Status and body of the answer."""
        return self.request(b"POST", path, body)

    def request(self, method: bytes, path: str, body: bytes = b"") -> asyncio.Future[tuple[int, bytes]]:
        """As :meth:`post`."""
        self._answer = answer = asyncio.get_running_loop().create_future()
        self.transport.write(b"%b %b HTTP/1.1\r\n%b%d\r\n\r\n%b" % (method, path.encode(), self._head, len(body), body))
        return answer

    def data_received(self, data: bytes) -> None:
        self._buffer = data = self._buffer + data if self._buffer else data
        end = data.find(_HEAD_END)
        if end < 0 or self._answer is None:
            return
        start = data.index(_LENGTH) + len(_LENGTH)
        length = int(data[start : data.index(b"\r", start)])
        if len(data) >= end + 4 + length:
            answer, self._answer, self._buffer = self._answer, None, b""
            answer.set_result((int(data[9:12]), data[end + 4 :]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))


class Socket(_Wire):
    """A WebSocket; ``on_message`` gets each message's payload. It masks with zeros, which changes nothing and costs nothing."""

    def __init__(self, path: str, on_message: Callable[[bytes], None]) -> None:
        super().__init__()
        self._path = path
        self._on_message = on_message
        self._open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, port: int, path: str, on_message: Callable[[bytes], None]) -> Socket:
        _, made = await asyncio.get_running_loop().create_connection(lambda: cls(path, on_message), "127.0.0.1", port)
        await made.ready
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def send(self, *texts: bytes) -> None:
        """Each as a message of its own, all in one write."""
        self.transport.write(b"".join([_client_frame(text) for text in texts]))

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        if not self._open:
            end = data.find(_HEAD_END)
            if end < 0:
                self._buffer = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(data[:end].decode()))
                return
            self._open = True
            self.ready.set_result(None)
            data = data[end + 4 :]
        at, size = 0, len(data)
        while size - at >= 2:
            opcode, length, head = data[at] & 0x0F, data[at + 1], 2
            if length == 126 and size - at >= 4:
                (length,) = struct.unpack_from(">H", data, at + 2)
                head = 4
            elif length == 127 and size - at >= 10:
                (length,) = struct.unpack_from(">Q", data, at + 2)
                head = 10
            elif length >= 126:
                break
            if size - at < head + length:
                break
            payload = data[at + head : at + head + length]
            at += head + length
            if opcode == 1:
                self._on_message(payload)
            elif opcode == 9:
                self.transport.write(bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload)
        self._buffer = data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("closed"))


def _client_frame(text: bytes) -> bytes:
    length = len(text)
    if length < 126:
        return bytes((0x81, 0x80 | length, 0, 0, 0, 0)) + text
    return struct.pack(">BBHI", 0x81, 0x80 | 126, length, 0) + text
