"""A connection that is lost while COMMIT is under way says nothing about what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from mycrypto.database import CommitUnknownError, Database

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

DIES_AT_COMMIT = """
CREATE TABLE fragile (id int);
GRANT ALL ON fragile TO wallet_app;
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON fragile DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
"""


def _insert(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO fragile VALUES (1)")


def _lose_it_before(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_commit_that_dies_in_flight_is_told_from_a_transaction_that_never_got_there(exchange: TestDatabase) -> None:
    exchange.connect().execute(DIES_AT_COMMIT)
    database = Database(exchange.dsn("wallet_app"))
    try:
        with pytest.raises(CommitUnknownError):
            _insert(database)
        with pytest.raises(psycopg.OperationalError) as failure:
            _lose_it_before(database)
        assert not isinstance(failure.value, CommitUnknownError)
    finally:
        database.close()
