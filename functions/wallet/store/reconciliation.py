"""The table ``reconciliation_items``: what a person has to look at."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from mycrypto.ids import new_uuid


def report(
    connection: Connection, source: str, source_key: str, reason: str, *, currency: str, amount: Decimal, document: msgspec.Struct
) -> bool:
    """Keep something that fits nothing; false if it was kept before. ``document`` is what was reported."""
    cursor = connection.execute(
        """INSERT INTO reconciliation_items (id, source, source_key, reason, currency, amount, document)
           VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (source, source_key, reason) DO NOTHING""",
        (new_uuid(), source, source_key, reason, currency, amount, Jsonb(msgspec.to_builtins(document))),
    )
    return cursor.rowcount == 1
