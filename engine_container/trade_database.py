"""Connections to the trade database: for what writes there beside the history (paper trading and price alerts), and how long anybody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow, class_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mycrypto import secrets
from mycrypto.errors import ProblemError

T = TypeVar("T")
Row = TypeVar("Row")

WAIT_SECONDS: Final = 2.0
ANSWER_SECONDS_MAX: Final = 5.0
"""Then the statement is cancelled at the server too. The role's own ``statement_timeout`` is longer: functions share it."""
CONNECTION: Final[dict[str, Any]] = {"autocommit": True, "prepare_threshold": None}
"""No ``options``: RDS Proxy refuses them at the start of a connection. Time zone and time-outs are set on the role (see the migrations)."""

TradeConnection = AsyncConnection[TupleRow]
TradePool = AsyncConnectionPool[TradeConnection]


def _password(secret_name: str) -> str:
    return str(secrets.get(secret_name)["password"])


def _newest_password(secret_name: str) -> str:
    secrets.forget()
    return _password(secret_name)


def _signing_in(secret_name: str) -> type[TradeConnection]:
    """Connections that sign in with the password of a secret. One that the server refuses may just have been rotated: then the new one is fetched."""

    class Rotated(TradeConnection):
        @classmethod
        async def connect(cls, conninfo: str = "", **more: Any) -> Any:
            try:
                return await super().connect(conninfo, **more)
            except OperationalError:
                password = await asyncio.to_thread(_newest_password, secret_name)
                if password == conninfo_to_dict(conninfo).get("password"):
                    raise  # it was not the password
                return await super().connect(make_conninfo(conninfo, password=password), **more)

    return Rotated


def pool(url: str, secret_name: str = "", *, connections_max: int, connections_min: int = 0) -> TradePool:
    """Closed at first; a connection is made when one is needed, and one that died meanwhile is not given out.

    ``secret_name``: where the password is, if not in the address; it is read for each connection, as functions do.
    """

    async def address() -> str:
        return make_conninfo(url, password=await asyncio.to_thread(_password, secret_name)) if secret_name else url

    return AsyncConnectionPool(
        address,
        connection_class=_signing_in(secret_name) if secret_name else AsyncConnection,
        min_size=connections_min,
        max_size=connections_max,
        open=False,
        timeout=WAIT_SECONDS,
        check=AsyncConnectionPool.check_connection,
        kwargs=CONNECTION,
    )


async def _give_up() -> None:
    raise TimeoutError("the database does not answer")


async def in_time(work: Coroutine[Any, Any, T], *, late: Callable[[], Awaitable[None]] = _give_up) -> T:
    """The result of ``work`` on the database. Raises ``TimeoutError`` where the database is silent, without waiting until the query is cancelled, which
    takes long on a silent server. ``late`` is called whenever the time is over; it raises unless the caller may wait longer.
    """
    asking = asyncio.create_task(work)
    try:
        while True:
            await asyncio.wait({asking}, timeout=ANSWER_SECONDS_MAX)
            if asking.done():
                return asking.result()
            await late()
    finally:
        if not asking.done():
            _taken_back.add(asking)
            asking.add_done_callback(_taken_back.discard)
            asking.cancel()


async def answered(work: Coroutine[Any, Any, T], unanswered: str) -> T:
    """The result of ``work`` on the database. Raises SERVICE_UNAVAILABLE, with what cannot be done, where the database does not answer."""
    try:
        return await in_time(work)
    except (OperationalError, PoolTimeout, TimeoutError) as error:
        raise ProblemError("SERVICE_UNAVAILABLE", unanswered, headers={"Retry-After": "1"}) from error


async def fetch(connections: TradePool, kind: type[Row], sql: str, values: Mapping[str, object]) -> list[Row]:
    """All rows of a query, each made into a ``kind`` by the names of its columns."""
    async with connections.connection() as connection, connection.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(sql.encode(), values)
        return await cursor.fetchall()


async def while_it_answers(connections: TradePool, work: Coroutine[Any, Any, T]) -> T:
    """As :func:`in_time` for work of many statements: it takes as long as it takes, while another connection is answered. Raises what that one
    meets as well: ``psycopg.OperationalError`` or ``PoolTimeout``.
    """

    async def ask() -> None:
        async with connections.connection() as connection:
            await connection.execute("SELECT 1")

    return await in_time(work, late=lambda: in_time(ask()))


_taken_back: set[asyncio.Task[Any]] = set()
"""Held until they have ended."""
