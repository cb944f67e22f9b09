"""Connections to PostgreSQL.

Rules that hold everywhere: no session state (no SET, no prepared statements, no temporary tables), so that RDS Proxy can share
connections; time-outs belong to the role (see the migrations); autocommit outside of an explicit transaction block.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from mycrypto import secrets

CONNECT_TIMEOUT_SECONDS: Final = 5
_OPTIONS: Final[dict[str, Any]] = {"autocommit": True, "prepare_threshold": None}
_LOST: Final = ("08", "57P")
"""Classes of errors that say that the connection is gone."""
_KEEPALIVE: Final[dict[str, Any]] = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def conninfo(dsn: str, secret_name: str = "", *, application: str = "") -> str:
    """The full connection string: ``dsn`` with the password of the secret (if one is named), keep-alives and the service's name."""
    extra = dict(_KEEPALIVE, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    extra["application_name"] = application or os.environ.get("SERVICE_NAME", "mycrypto")
    if secret_name:
        extra["password"] = str(secrets.get(secret_name)["password"])
    return make_conninfo(dsn, **extra)


def connect(dsn: str, secret_name: str = "", *, application: str = "") -> Connection:
    """A new connection. A password that the server refuses is fetched again once, because it may just have been rotated."""
    try:
        return Connection.connect(conninfo(dsn, secret_name, application=application), **_OPTIONS)
    except psycopg.OperationalError:
        if not secret_name:
            raise
        secrets.forget()
        return Connection.connect(conninfo(dsn, secret_name, application=application), **_OPTIONS)


def pool(dsn: str, secret_name: str = "", *, size_max: int = 10, application: str = "") -> ConnectionPool[Connection]:
    """An opened pool for a process with threads. Connections are checked when handed out, so a fail-over is survived."""
    return ConnectionPool(
        lambda: conninfo(dsn, secret_name, application=application),
        kwargs=_OPTIONS,
        min_size=1,
        max_size=size_max,
        check=ConnectionPool.check_connection,
        open=True,
    )


@contextmanager
def one_view(connection: Connection) -> Iterator[Connection]:
    """A transaction that reads one consistent state of the database and writes nothing: said in BEGIN, because a SET would pin the connection at the
    proxy. The connection must not be in a transaction.
    """
    before = connection.isolation_level, connection.read_only
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with connection.transaction():
            yield connection
    finally:
        connection.isolation_level, connection.read_only = before


class CommitUnknownError(psycopg.OperationalError):
    """The connection was lost while COMMIT was under way: everything in the transaction was done, or nothing."""


class Database:
    """The one connection of a function: opened at first use, kept while warm, renewed when it is found broken."""

    def __init__(self, dsn: str, secret_name: str = "", *, application: str = "") -> None:
        self._dsn = dsn
        self._secret_name = secret_name
        self._application = application
        self._connection: Connection | None = None

    def connection(self) -> Connection:
        """A connection that answered just now, outside of any transaction."""
        if self._connection is not None:
            try:
                self._connection.execute("")  # one round trip: the server may have gone while the function was frozen
            except psycopg.OperationalError:
                self.close()
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, self._secret_name, application=self._application)
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back if the block raises. Raises CommitUnknownError."""
        connection = self.connection()
        committing = False
        try:
            with connection.transaction():
                yield connection
                committing = True
        except psycopg.OperationalError as error:
            if committing and (connection.broken or (error.sqlstate or _LOST[0]).startswith(_LOST)):
                raise CommitUnknownError(str(error)) from error
            raise

    def close(self) -> None:
        """Give the connection up; the next use opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
