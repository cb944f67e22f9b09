"""The table ``offered_networks``."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import Connection


def replace(connection: Connection, offered: Sequence[tuple[str, str]]) -> None:
    """These pairs of currency and network, and no others."""
    currencies, names = [currency for currency, _ in offered], [name for _, name in offered]
    connection.execute(
        "DELETE FROM offered_networks WHERE (currency, network) NOT IN (SELECT * FROM unnest(%s::text[], %s::text[]))", (currencies, names)
    )
    connection.execute(
        "INSERT INTO offered_networks (currency, network) SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
        (currencies, names),
    )
