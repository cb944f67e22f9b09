"""In the place of PostgreSQL: tables in memory that answer the statements of the stores, and transactions that are kept or forgotten whole.

The stores and everything above them are the real ones. What a statement does is written again in ``statements`` and ``ledger_tables``;
that PostgreSQL does the same is for the integration tests to show. A statement that is not known there is refused.

A function runs from its begin to its end while nothing else does. It can die at each transaction's begin and end (``deaths``), and the
answer to COMMIT can be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, NoReturn, Self

import psycopg

Handler = Callable[["Tables", Any], "list[Any] | int"]
HANDLERS: dict[str, Handler] = {}
"""By the beginning of the statement."""


def statement(beginning: str) -> Callable[[Handler], Handler]:
    """The statements that begin so. A handler gives rows, or how many rows were written."""

    def register(handler: Handler) -> Handler:
        HANDLERS[beginning] = handler
        return handler

    return register


class DiedError(BaseException):
    """A function was killed where it was."""


class Tables:
    """Each table by its key; rows are not changed but replaced, so that a copy of a table is one of its dictionary."""

    def __init__(self) -> None:
        self.watermarks: dict[tuple[str, int], int] = {}
        self.entries: dict[str, tuple[str, str]] = {}
        """Effect keys, with the reference."""
        self.accounts: dict[tuple[str, str, str], int] = {}
        """Units by kind, owner (hex) and currency."""
        self.wallets: dict[tuple[str, str], tuple[int, int, int]] = {}
        """Available, locked and the event's number by user (hex) and currency."""
        self.prices: dict[str, int] = {}
        self.transfers: dict[Any, dict[str, Any]] = {}
        self.outbox: dict[Any, dict[str, Any]] = {}
        self.deposits: dict[Any, Any] = {}
        self.bank_transfers: dict[str, tuple[str, Any, str, Any]] = {}
        self.items: dict[tuple[str, str, str], Any] = {}
        self.withdrawals: dict[Any, Any] = {}
        self.payouts: dict[Any, Any] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.trades: dict[str, dict[str, Any]] = {}
        self.symbols: dict[str, str] = {}

    def copy(self) -> dict[str, dict[Any, Any]]:
        return {name: dict(table) for name, table in vars(self).items()}

    def restore(self, copied: dict[str, dict[Any, Any]]) -> None:
        vars(self).update(copied)


class Cursor:
    """Rows that a statement gave."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.rowcount = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def execute(self, query: str | bytes, values: Any = ()) -> Self:
        found = self._connection.carry_out(query, values)
        self._rows, self.rowcount = (found, len(found)) if isinstance(found, list) else ([], found)
        return self

    def executemany(self, query: str, all_values: Sequence[Any]) -> None:
        for values in all_values:
            self.execute(query, values)

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[Any]:
        return self._rows


class Connection:
    def __init__(self, server: Server) -> None:
        self._server = server
        self.broken = self.closed = False

    def execute(self, query: str | bytes, values: Any = ()) -> Cursor:
        return Cursor(self).execute(query, values)

    def cursor(self, *, row_factory: object = None) -> Cursor:
        """The rows are of the right kind as they are."""
        return Cursor(self)

    def carry_out(self, query: str | bytes, values: Any) -> list[Any] | int:
        if self._server.away:
            raise psycopg.OperationalError("the server is away")
        if self._server.full and not str(query).lstrip().startswith("SELECT"):
            raise psycopg.errors.DiskFull("no space left on device")
        return _handler(query if isinstance(query, str) else query.decode())(self._server.tables, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Of the answers to COMMIT some are lost, whatever it did."""
        server = self._server
        before = server.tables.copy()
        try:
            yield
            server.may_die()
            lost = server.random.random() < server.lost_commits
            if lost and server.random.random() < 0.5:
                self._break()
        except BaseException:
            server.tables.restore(before)
            raise
        if lost:
            self._break()
        server.may_die()

    def _break(self) -> NoReturn:
        self.broken = self.closed = True
        raise psycopg.OperationalError("the connection was lost")

    def close(self) -> None:
        self.closed = True


_known: dict[str, Handler] = {}


def _handler(query: str) -> Handler:
    found = _known.get(query)
    if found is None:
        plain = " ".join(query.split())
        fitting = [beginning for beginning in HANDLERS if plain.startswith(beginning) and bool(beginning) == bool(plain)]
        if not fitting:
            raise NotImplementedError(f"no such statement in the simulation: {plain[:200]}")
        found = _known[query] = HANDLERS[max(fitting, key=len)]
    return found


class Server:
    """``deaths`` and ``lost_commits`` are chances per transaction."""

    def __init__(self, random: Random) -> None:
        self.tables = Tables()
        self.random = random
        self.away = self.full = False
        self.deaths = self.lost_commits = 0.0

    def may_die(self) -> None:
        """Raises :class:`DiedError` for the function that is at work."""
        if self.deaths and self.random.random() < self.deaths:
            raise DiedError

    def connect(self, _dsn: str, _secret_name: str = "", *, application: str = "") -> Connection:
        """As ``mycrypto.database.connect``."""
        if self.away:
            raise psycopg.OperationalError("the server is away")
        return Connection(self)


@statement("")
def _nothing(_tables: Tables, _: Any) -> list[Any]:
    return []
