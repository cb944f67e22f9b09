"""A proxy in front of PostgreSQL that refuses what RDS Proxy refuses, or what would pin a client to one connection and so undo the sharing.

It passes bytes on and reads only what the client sends. It refuses startup parameters in ``options``, SET of a session, named prepared statements,
LISTEN, temporary tables and advisory locks of a session: a FATAL error names the rule, so that a test through it fails with that sentence.
"""

from __future__ import annotations

import asyncio
import re
import struct
import threading
from types import TracebackType
from typing import Final, Self

SSL_REQUEST: Final = 80877103
GSS_REQUEST: Final = 80877104
CANCEL_REQUEST: Final = 80877102
_FORBIDDEN: Final = (
    (re.compile(rb"^\s*SET\b", re.IGNORECASE), "SET pins the connection: set it on the role"),
    (re.compile(rb"^\s*(RE)?SET\s+ROLE\b", re.IGNORECASE), "SET ROLE pins the connection"),
    (re.compile(rb"^\s*(UN)?LISTEN\b", re.IGNORECASE), "LISTEN pins the connection"),
    (re.compile(rb"^\s*PREPARE\s+(?!TRANSACTION)", re.IGNORECASE), "PREPARE pins the connection"),
    (re.compile(rb"^\s*DISCARD\b", re.IGNORECASE), "DISCARD is refused"),
    (re.compile(rb"\bCREATE\s+(LOCAL\s+|GLOBAL\s+)?TEMP(ORARY)?\b", re.IGNORECASE), "temporary tables pin the connection"),
    (re.compile(rb"\bset_config\s*\([^)]*,\s*false\s*\)", re.IGNORECASE), "set_config of a session pins the connection"),
    (re.compile(rb"\bpg_(try_)?advisory_lock(_shared)?\s*\(", re.IGNORECASE), "advisory locks of a session pin the connection"),
)


def refusal_of(statement: bytes) -> str | None:
    """Why a proxy in transaction mode does not take the statement, or None."""
    return next((why for pattern, why in _FORBIDDEN if pattern.search(statement)), None)


class RefusedError(Exception):
    """The client asked for what the proxy does not do."""


def _fatal(text: str) -> bytes:
    fields = b"".join(kind + value.encode() + b"\0" for kind, value in ((b"S", "FATAL"), (b"C", "0A000"), (b"M", text))) + b"\0"
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


def _check_startup(body: bytes) -> None:
    words = body.split(b"\0")
    if b"options" in words[0:-1:2]:
        raise RefusedError("Feature not supported: RDS Proxy currently doesn't support command-line options.")


def _check_message(kind: bytes, body: bytes) -> None:
    if kind == b"Q":
        statement = body.rstrip(b"\0")
    elif kind == b"P":
        name, _, rest = body.partition(b"\0")
        if name:
            raise RefusedError("a named prepared statement pins the connection: prepare_threshold=None")
        statement = rest.partition(b"\0")[0]
    else:
        return
    why = refusal_of(statement)
    if why:
        raise RefusedError(f"{why}: {statement[:80].decode(errors='replace')}")


class TransactionProxy:
    """Listens on a free port of 127.0.0.1 while the context lasts, in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _stop(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        back: asyncio.Task[None] | None = None
        server: asyncio.StreamWriter | None = None
        try:
            first = await self._startup(client, answers)
            reader, server = await asyncio.open_connection(*self._target)
            server.write(first)
            back = asyncio.create_task(_copy(reader, answers))
            while True:
                head = await client.readexactly(5)
                body = await client.readexactly(struct.unpack("!I", head[1:])[0] - 4)
                _check_message(head[:1], body)
                server.write(head + body)
                await server.drain()
        except RefusedError as refused:
            answers.write(_fatal(str(refused)))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # one of both has gone
        finally:
            if server is not None:
                server.close()
            if back is not None:
                await asyncio.wait({back}, timeout=5)
            answers.close()

    async def _startup(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> bytes:
        while True:
            head = await client.readexactly(8)
            length, code = struct.unpack("!II", head)
            body = await client.readexactly(length - 8)
            if code in {SSL_REQUEST, GSS_REQUEST}:
                answers.write(b"N")
                continue
            if code != CANCEL_REQUEST:
                _check_startup(body)
            return head + body


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()
