"""The server's HTTP protocol with a fast path for whole requests that the application can begin at once, and with a limit for slow ones.

A request for a path in ``app.begins`` that has come whole, with nothing unusual in its head, is read here, begun without a task, and
answered with one write. Everything else is the library's, bytes as they came: a stream is the library's while it reads or answers a
request, and ours between its requests.
"""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from typing import Any, Final

from starlette.types import Scope
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from engine_container.web.call import BODY_BYTES_MAX

REQUEST_SECONDS_MAX: Final = 20.0
"""For the first request of a connection to begin, and for each to come whole."""
CHECK_SECONDS_MIN: Final = 1.0
HEAD_BYTES_MAX: Final = 64 * 1024
"""Of a request line with its fields, as a load balancer has it. The library has no bound for the fields, and keeps them all."""

_VERSION: Final = b" HTTP/1.1\r\n"
_END: Final = b"\r\n\r\n"
_FIELDS: Final = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+")
"""Fields as they nearly always are: no folded lines, nothing beyond ASCII."""
_LIBRARY: Final = frozenset({b"transfer-encoding", b"upgrade", b"expect", b"te", b"trailer"})
"""Fields that change how the rest is to be read."""
_CLOSE: Final = (b"connection", b"close")
_DIGITS_MAX: Final = len(str(BODY_BYTES_MAX))


class FastHttpProtocol(HttpToolsProtocol):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._begins: frozenset[tuple[bytes, bytes]] = getattr(self.app, "begins", frozenset())
        self._held = b""
        """A request that has not come whole, or what came while another is answered here."""
        self._answering = False
        self._last = False
        """Close the connection with the next answer."""
        self._in_message = False
        """The library has read the beginning of a message and not its end."""
        self._head_bytes = 0
        """Given to the library for a head that is not whole yet."""
        self._in_head = False
        self._silent = True
        """Nothing has come yet."""
        self._since = self.loop.time()
        """When what is waited for began to be waited for."""
        self._timer: asyncio.TimerHandle | None = None

    # time

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._timer = self.loop.call_later(REQUEST_SECONDS_MAX, self._check_time)

    def _check_time(self) -> None:
        """A request that is being read must come to its end; a connection at rest is the keep-alive limit's."""
        if self.transport.is_closing():
            return
        reading = self._silent or self._in_message or (bool(self._held) and not self._answering)
        limit = REQUEST_SECONDS_MAX if reading else self.timeout_keep_alive
        idle = self.loop.time() - self._since
        if not self._answering and not self._is_library_answering() and idle >= limit:
            self.transport.close()
            return
        self._timer = self.loop.call_later(max(limit - idle, CHECK_SECONDS_MIN), self._check_time)

    def _is_library_answering(self) -> bool:
        return not self._in_message and bool(self.cycle) and not self.cycle.response_complete

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._stop_timer()
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        if self._answering:
            self._last = True
        else:
            super().shutdown()

    # the library's requests

    def on_message_begin(self) -> None:
        self._in_message = self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def _give_to_library(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse_head()

    def _refuse_head(self) -> None:
        said = b"At most %d bytes of a request line and its fields are accepted." % HEAD_BYTES_MAX
        fields = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(said)
        self.transport.write(STATUS_LINE[431] + fields + said)
        self.transport.close()

    def on_message_complete(self) -> None:
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()

    # ours

    def data_received(self, data: bytes) -> None:
        if not self._held and not self._answering:
            if not self._in_message:
                self._silent = False
                self._since = self.loop.time()
            if self._in_message or self.pipeline or self._is_library_answering():
                self._give_to_library(data)
                return
        else:
            data = self._held + data
            if self._answering:
                self._held = data
                if len(data) > HIGH_WATER_LIMIT:
                    self.flow.pause_reading()
                return
        self._held = b""
        if self.flow.write_paused or not self._is_begun(data):
            self._give_to_library(data)

    def _is_begun(self, data: bytes) -> bool:
        """Begin the request at the front, or hold it until it is whole; ``False`` for one that is not for the fast path."""
        method_end = data.find(b" ", 0, 8)
        path_end = data.find(b" ", method_end + 1, method_end + 128)
        if method_end < 0 or (data[:method_end], data[method_end + 1 : path_end]) not in self._begins:
            return False
        fields_start = path_end + len(_VERSION)
        head_end = data.find(_END, fields_start - 2)
        if data[path_end:fields_start] != _VERSION or head_end < fields_start:
            return False
        headers, length = _fields(data[fields_start : head_end + 2])
        if length < 0:
            return False
        start = head_end + len(_END)
        if len(data) < start + length:
            self._held = data
            return True
        path = data[method_end + 1 : path_end]
        scope: Scope = {
            "type": "http",
            "method": data[:method_end].decode("ascii"),
            "path": path.decode("ascii"),
            "raw_path": path,
            "query_string": b"",
            "headers": headers,
            "client": self.client,
            "server": self.server,
        }
        self._unset_keepalive_if_required()
        self._answering = True
        if not self.app.begin(scope, data[start : start + length], self._respond):
            self._answering = False
            return False
        rest = data[start + length :]
        if rest:
            self._held += rest
            if not self._answering:
                self._go_on_soon()
        return True

    def _respond(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self._answering = False
        self._since = self.loop.time()
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        last = self._last or _CLOSE in headers
        if self._last:
            headers.append(_CLOSE)
        fields = b"".join([b"%b: %b\r\n" % field for field in headers])
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], fields, body))
        if last:
            self.transport.close()
        elif self._held:
            self._go_on_soon()

    def _go_on_soon(self) -> None:
        """With what came meanwhile; not at once, for a client may have sent a thousand requests in one go."""
        self._answering = True
        self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        held, self._held, self._answering = self._held, b"", False
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self.data_received(held)


@lru_cache(maxsize=1_024)
def _fields(block: bytes) -> tuple[tuple[tuple[bytes, bytes], ...], int]:
    """Names in lower case with their values, and the length of the body; -1 if the library is to read them. Remembered, for a client says
    the same with every request.
    """
    if not _FIELDS.fullmatch(block):
        return (), -1
    found: list[tuple[bytes, bytes]] = []
    for line in block[:-2].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.lower()
        value = value.strip(b" \t")
        if name in _LIBRARY or (name == b"connection" and value.lower() != b"keep-alive"):
            return (), -1
        found.append((name, value))
    return tuple(found), _body_length(found)


def _body_length(headers: list[tuple[bytes, bytes]]) -> int:
    """Of a body whose length is said once and is within bounds; -1 for the library."""
    lengths = [value for name, value in headers if name == b"content-length"]
    if len(lengths) != 1 or not lengths[0].isdigit() or len(lengths[0]) > _DIGITS_MAX:
        return -1
    length = int(lengths[0])
    return length if length <= BODY_BYTES_MAX else -1
