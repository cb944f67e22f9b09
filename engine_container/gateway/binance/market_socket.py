"""Sockets for market data: raw or combined streams, chosen in the path or by messages."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from engine_container.gateway.binance.errors import BinanceError, of_problem
from engine_container.gateway.binance.outlet import Outlet, encode
from engine_container.gateway.binance.stream import Reader
from engine_container.gateway.binance.stream_hub import StreamHub
from mycrypto.errors import ProblemError

STREAMS_MAX: Final = 1_024
NAME_LENGTH_MAX: Final = 100


class Message(msgspec.Struct):
    method: str
    id: str | int | None = None
    params: list[Any] = []


_decoder: Final = msgspec.json.Decoder(Message)


def names_of(path: str, query: str) -> tuple[list[str], bool]:
    """The streams that an address names, and whether they are combined."""
    if path.startswith("/stream"):
        names = next((value for name, value in parse_qsl(query) if name == "streams"), "")
        return [name for name in (*path.removeprefix("/stream").removeprefix("/ws").split("/"), *names.split("/")) if name], True
    return [name for name in path.removeprefix("/ws").split("/") if name], False


class MarketSocket:
    """One connection. What it asks for is carried out in the order of asking."""

    def __init__(self, hub: StreamHub, outlet: Outlet, *, combined: bool) -> None:
        self._hub = hub
        self._outlet = outlet
        self.reader = Reader(outlet, combined=combined)
        self._turn = asyncio.Lock()
        self._work: set[asyncio.Task[None]] = set()

    async def begin(self, names: list[str]) -> None:
        for name in names[:STREAMS_MAX]:
            await self._hub.subscribe(self.reader, name[:NAME_LENGTH_MAX])

    def end(self) -> None:
        for task in self._work:
            task.cancel()
        for name in list(self.reader.names):
            self._hub.unsubscribe(self.reader, name)

    def heard(self, text: str) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(text))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _answer(self, text: str) -> None:
        async with self._turn:
            message_id: str | int | None = None
            try:
                message = _decoder.decode(text)
                message_id = message.id
                self._outlet.push(encode({"result": await self._carry_out(message), "id": message_id}))
            except msgspec.MsgspecError as error:
                self._refuse(BinanceError(2, f"Invalid request: {error}"), message_id)
            except BinanceError as error:
                self._refuse(error, message_id)
            except ProblemError as problem:
                self._refuse(of_problem(problem), message_id)

    def _refuse(self, error: BinanceError, message_id: str | int | None) -> None:
        self._outlet.push(encode({"error": {"code": error.code, "msg": error.message}, "id": message_id}))

    async def _carry_out(self, message: Message) -> Any:
        if message.method == "LIST_SUBSCRIPTIONS":
            return list(self.reader.names)
        if message.method in {"SUBSCRIBE", "UNSUBSCRIBE"}:
            names = [name for name in message.params if isinstance(name, str) and len(name) <= NAME_LENGTH_MAX]
            if not names or len(names) != len(message.params):
                raise BinanceError(2, "Invalid request: params must be names of streams")
            if message.method == "UNSUBSCRIBE":
                for name in names:
                    self._hub.unsubscribe(self.reader, name)
                return None
            if len(self.reader.names.keys() | set(names)) > STREAMS_MAX:
                raise BinanceError(2, f"Invalid request: at most {STREAMS_MAX} streams of one connection")
            for name in names:
                await self._hub.subscribe(self.reader, name)
            return None
        if message.method == "GET_PROPERTY" and message.params == ["combined"]:
            return self.reader.combined
        if message.method == "SET_PROPERTY" and message.params[:1] == ["combined"] and message.params[1:] in ([True], [False]):
            self.reader.combined = message.params[1]
            return None
        raise BinanceError(2, f"Invalid request: unknown variant `{message.method[:40]}`")
