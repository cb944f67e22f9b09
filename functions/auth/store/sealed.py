"""The tables with sealed texts. Each text is sealed under its row's key as label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection


class Place(NamedTuple):
    """A column with sealed texts, the column that names their rows, and the user that a row belongs to. ``least`` is before the first row's name."""

    table: LiteralString
    key: LiteralString
    sealed: LiteralString
    least: str


class Sealed(NamedTuple):
    key: Any
    text: str
    user_id: Any


NO_UUID = "00000000-0000-0000-0000-000000000000"
SECOND_FACTORS = Place("two_factor_secrets", "user_id", "secret_encrypted", NO_UUID)
API_KEYS = Place("api_keys", "key_id", "secret_encrypted", "")
NATIONAL_IDS = Place("kyc_submissions", "id", "tc_kimlik_no_encrypted", NO_UUID)
CLOSED_ACCOUNTS = Place("closed_accounts", "user_id", "identity_sealed", NO_UUID)


def behind(connection: Connection, place: Place, mark: str, after: Any, rows_max: int) -> list[Sealed]:
    """Texts after a row that are not sealed with the key of this mark; held until the transaction ends."""
    rows = connection.execute(
        f"""SELECT {place.key}, {place.sealed}, user_id FROM {place.table} WHERE {place.key} > %s AND NOT starts_with({place.sealed}, %s)
             ORDER BY {place.key} LIMIT %s FOR UPDATE""",  # noqa: S608 - names of the code
        (after, f"{mark}.", rows_max),
    ).fetchall()
    return [Sealed(*row) for row in rows]


def count_behind(connection: Connection, place: Place, mark: str) -> int:
    row = connection.execute(
        f"SELECT count(*) FROM {place.table} WHERE NOT starts_with({place.sealed}, %s)",  # noqa: S608 - names of the code
        (f"{mark}.",),
    ).fetchone()
    return int(row[0]) if row else 0


def replace(connection: Connection, place: Place, texts: Sequence[tuple[str, Any]]) -> None:
    """Put each text in the place of the one of its row."""
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {place.table} SET {place.sealed} = %s WHERE {place.key} = %s", texts)  # noqa: S608 - names of the code
