"""A trade database that is there and does not answer: who asks it is told so, and does not wait for it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from engine_container import trade_database as database
from engine_container.attempts import Attempts
from engine_container.paper.filling import Filling, Step
from engine_container.publisher.process import CONNECTIONS_MAX
from engine_container.trade_database import TradePool, pool
from engine_container.trade_history.history import History
from mycrypto.errors import ProblemError

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase


def test_no_request_waits_for_a_database_that_does_not_answer(trade_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "ANSWER_SECONDS_MAX", 0.3)
    holder = trade_database.connect()

    async def scenario() -> None:
        history = History(pool(trade_database.dsn("trade_engine_app"), connections_max=2), 0)
        await history.open()
        try:
            assert await history.watermark() == 0
            with holder.transaction():
                holder.execute("LOCK TABLE projection_watermark IN ACCESS EXCLUSIVE MODE")
                with pytest.raises(ProblemError) as refused:
                    await history.watermark()
                assert refused.value.kind.code == "SERVICE_UNAVAILABLE"
            monkeypatch.setattr(database, "ANSWER_SECONDS_MAX", 30)
            assert await history.watermark() == 0, "it goes on by itself"
        finally:
            await history.close()

    asyncio.run(scenario())


class Relay:
    """A way to the database that can be held up: nothing arrives then, and nothing is refused."""

    def __init__(self, dsn: str) -> None:
        parts = conninfo_to_dict(dsn)
        self._host, self._port = str(parts["host"]), int(parts["port"] or 5432)
        self._open = asyncio.Event()
        self._open.set()
        self._dsn = dsn
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Returns the DSN that leads through it."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return make_conninfo(self._dsn, host="127.0.0.1", port=self._server.sockets[0].getsockname()[1])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass_on(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while some := await source.read(65_536):
                await self._open.wait()
                sink.write(some)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def close(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()


def _attempts(connections: TradePool) -> Attempts:
    return Attempts(connections, logging.getLogger(__name__), "nothing is done")


def test_work_of_the_publisher_ends_where_the_database_has_become_silent_and_is_done_later(
    trade_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        relay = Relay(trade_database.dsn("trade_engine_app"))
        async with pool(await relay.start(), connections_max=CONNECTIONS_MAX) as connections:
            filling, attempts = Filling(connections, 0), _attempts(connections)
            assert await attempts.result_of(filling.step) == Step(0, more=False)
            assert attempts.state == "ok"
            relay.hold()
            with monkeypatch.context() as soon:
                soon.setattr(database, "ANSWER_SECONDS_MAX", 0.3)
                assert await attempts.result_of(filling.step) is None
            assert attempts.state == "not reachable"
            relay.release()
            for _ in range(100):  # the connections that were held up come back one after the other
                if await attempts.result_of(filling.step) is not None:
                    break
                await asyncio.sleep(0.1)
            assert attempts.state == "ok"
        await relay.close()

    asyncio.run(scenario())


def test_long_work_of_the_publisher_goes_on_while_the_database_answers(
    trade_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ANSWER_SECONDS_MAX", 1.0)

    async def scenario() -> None:
        async with pool(trade_database.dsn("trade_engine_app"), connections_max=CONNECTIONS_MAX) as connections:

            async def long() -> int:
                async with connections.connection() as connection:
                    for _ in range(4):
                        await connection.execute("SELECT pg_sleep(0.8)")
                return 4

            attempts = _attempts(connections)
            assert list(await asyncio.gather(attempts.result_of(long), attempts.result_of(long))) == [4, 4]
            assert attempts.state == "ok"

    asyncio.run(scenario())
