"""The tables ``crypto_addresses``, ``blockchain_transactions`` and ``dust_remainders``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.money import SCALE, from_numeric
from mycrypto.networks import Network


class AddressRow(NamedTuple):
    id: UUID
    user_id: UUID
    currency: str
    network: str
    address: str
    email: str
    created_at: datetime


class ChainRow(NamedTuple):
    """``chain_amount`` as the chain has it, ``amount`` what of it is credited."""

    id: UUID
    tx_hash: str
    output_index: int
    address: str
    user_id: UUID
    currency: str
    network: str
    chain_amount: Decimal
    amount: Decimal
    status: str
    confirmations: int
    required_confirmations: int
    created_at: datetime
    confirmed_at: datetime | None
    credited_at: datetime | None
    replaced_by: str | None = None
    reversed_at: datetime | None = None
    reversals: int = 0

    @property
    def units(self) -> int:
        """The credited amount in units of 10^-8."""
        return from_numeric(self.amount)


_ADDRESS = "SELECT id, user_id, currency, network, address, email, created_at FROM crypto_addresses"
_CHAIN = """
SELECT id, tx_hash, output_index, address, user_id, currency, network, chain_amount, amount, status, confirmations, required_confirmations,
       created_at, confirmed_at, credited_at, replaced_by, reversed_at, reversals
  FROM blockchain_transactions
"""


def active_address(connection: Connection, user_id: UUID, network: Network) -> AddressRow | None:
    with connection.cursor(row_factory=class_row(AddressRow)) as cursor:
        return cursor.execute(
            f"{_ADDRESS} WHERE user_id = %s AND currency = %s AND network = %s AND is_active", (user_id, network.currency, network.name)
        ).fetchone()


def owner_of(connection: Connection, address: str) -> AddressRow | None:
    with connection.cursor(row_factory=class_row(AddressRow)) as cursor:
        return cursor.execute(f"{_ADDRESS} WHERE address = %s", (address,)).fetchone()


def next_index(connection: Connection, coin_type: int) -> int:
    """Take the next address index of a coin type; waits for others who take one."""
    row = connection.execute(
        "UPDATE address_indexes SET next_index = next_index + 1 WHERE coin_type = %s RETURNING next_index - 1", (coin_type,)
    ).fetchone()
    if row is None:
        raise LookupError(f"no index sequence for coin type {coin_type}")
    return int(row[0])


def insert_address(connection: Connection, row: AddressRow, *, coin_type: int, index: int, path: str, public_key: str) -> None:
    connection.execute(
        """INSERT INTO crypto_addresses
                  (id, user_id, currency, network, address, coin_type, address_index, derivation_path, public_key, email, created_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (row.id, row.user_id, row.currency, row.network, row.address, coin_type, index, path, public_key, row.email, row.created_at),
    )


def lock_output(connection: Connection, tx_hash: str, output_index: int, address: str) -> ChainRow | None:
    """What is known of an output, locked."""
    with connection.cursor(row_factory=class_row(ChainRow)) as cursor:
        return cursor.execute(
            f"{_CHAIN} WHERE tx_hash = %s AND output_index = %s AND address = %s FOR UPDATE", (tx_hash, output_index, address)
        ).fetchone()


def insert_output(connection: Connection, row: ChainRow) -> bool:
    """False if another request reported the output at the same time."""
    cursor = connection.execute(
        """INSERT INTO blockchain_transactions
                  (id, tx_hash, output_index, address, user_id, currency, network, chain_amount, amount, status, confirmations,
                   required_confirmations, created_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (tx_hash, output_index, address) DO NOTHING""",
        row[:13],
    )
    return cursor.rowcount == 1


def update_output(connection: Connection, output_id: UUID, status: str, confirmations: int, now: datetime) -> None:
    """Confirmations grow, unless there are none (any more); the moment of confirmation is kept when the status says so."""
    connection.execute(
        """UPDATE blockchain_transactions
              SET status = %(status)s, updated_at = %(now)s, replaced_by = NULL,
                  confirmations = CASE WHEN %(confirmations)s = 0 OR status = 'DROPPED' THEN %(confirmations)s
                                       ELSE greatest(confirmations, %(confirmations)s) END,
                  confirmed_at = CASE WHEN %(status)s = 'CONFIRMED' THEN coalesce(confirmed_at, %(now)s) ELSE confirmed_at END
            WHERE id = %(id)s""",
        {"id": output_id, "status": status, "confirmations": confirmations, "now": now},
    )


def drop(connection: Connection, output_id: UUID, replaced_by: str | None, now: datetime) -> None:
    """It is in no block any more, and was not credited."""
    connection.execute(
        "UPDATE blockchain_transactions SET status = 'DROPPED', confirmations = 0, replaced_by = %s, updated_at = %s WHERE id = %s",
        (replaced_by, now, output_id),
    )


def reverse(connection: Connection, output_id: UUID, number: int, replaced_by: str | None, now: datetime) -> None:
    """It is in no block any more, and its money is somewhere already."""
    connection.execute(
        """UPDATE blockchain_transactions SET reversed_at = %s, reversals = %s, confirmations = 0, replaced_by = %s, updated_at = %s
            WHERE id = %s""",
        (now, number, replaced_by, now, output_id),
    )


def restore(connection: Connection, output_id: UUID, now: datetime) -> None:
    """It is deep enough again."""
    connection.execute(
        """UPDATE blockchain_transactions SET reversed_at = NULL, replaced_by = NULL, updated_at = %s,
                  confirmations = required_confirmations WHERE id = %s""",
        (now, output_id),
    )


def page(
    connection: Connection, user_id: UUID, *, limit: int, offset: int, currency: str | None = None, tx_hashes: list[str] | None = None
) -> tuple[list[ChainRow], int]:
    """A page of the user's chain deposits, newest first, and how many there are."""
    narrowed = "WHERE user_id = %(user)s AND (%(currency)s::text IS NULL OR currency = %(currency)s) AND (%(tx)s::text[] IS NULL OR tx_hash = ANY(%(tx)s))"
    values = {"user": user_id, "currency": currency, "tx": tx_hashes, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(ChainRow)) as cursor:
        rows = cursor.execute(f"{_CHAIN} {narrowed} ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s", values).fetchall()
    counted = connection.execute(f"SELECT count(*) FROM blockchain_transactions {narrowed}", values).fetchone()  # noqa: S608 - constant text
    return rows, int(counted[0]) if counted else 0


def collect_dust(connection: Connection, currency: str, rest: Decimal) -> int:
    """Add a fraction below 10^-8 to what is kept of the currency; returns the whole units (10^-8) that it makes up by now."""
    connection.execute("INSERT INTO dust_remainders (currency, remainder) VALUES (%s, 0) ON CONFLICT DO NOTHING", (currency,))
    row = connection.execute("SELECT remainder FROM dust_remainders WHERE currency = %s FOR UPDATE", (currency,)).fetchone()
    together = (row[0] if row else Decimal(0)) + rest
    units = int(together.scaleb(SCALE))
    connection.execute(
        "UPDATE dust_remainders SET remainder = %s WHERE currency = %s", (together - Decimal(units).scaleb(-SCALE), currency)
    )
    return units
