"""What moved, as value in TRY: the view ``value_moved``, the table ``market_prices`` and the values of chain deposits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection

from functions.wallet.limits import TURKEY
from mycrypto import kyc
from mycrypto.money import from_numeric, to_numeric


class Moved(NamedTuple):
    """Units of 10^-8 TRY."""

    day: int
    month: int


def last_prices(connection: Connection, since: datetime) -> dict[str, int]:
    """The price of the last trade by symbol, units of 10^-8; markets without a trade since then are absent."""
    rows = connection.execute("SELECT symbol, price FROM market_prices WHERE traded_at >= %s", (since,)).fetchall()
    return {symbol: from_numeric(price) for symbol, price in rows}


def moved(connection: Connection, user_id: UUID, direction: str, day: datetime, month: datetime) -> Moved:
    """What the user has moved IN or OUT since the day and the month began; what came to nothing is not in it."""
    row = connection.execute(
        """SELECT coalesce(sum(value) FILTER (WHERE moved_at >= %(day)s), 0), coalesce(sum(value), 0) FROM value_moved
            WHERE user_id = %(user)s AND direction = %(direction)s AND moved_at >= %(month)s""",
        {"user": user_id, "direction": direction, "day": day, "month": month},
    ).fetchone()
    return Moved(from_numeric(row[0]), from_numeric(row[1])) if row else Moved(0, 0)


def over_limit(connection: Connection, user_id: UUID, limit: kyc.Limit) -> int:
    """How much more has come in than the limit had allowed, over all days and months there were; units of 10^-8 TRY."""
    if limit.day is None or limit.month is None:
        return 0
    row = connection.execute(
        """SELECT coalesce(sum(greatest(over_days, value - %(month)s, 0)), 0)
             FROM (SELECT sum(value) AS value, sum(greatest(value - %(day)s, 0)) AS over_days
                     FROM (SELECT date_trunc('day', moved_at AT TIME ZONE 'UTC' + %(offset)s) AS day, sum(value) AS value FROM value_moved
                            WHERE user_id = %(user)s AND direction = 'IN' AND arrived GROUP BY 1) days
                    GROUP BY date_trunc('month', day)) months""",
        {"user": user_id, "day": to_numeric(limit.day), "month": to_numeric(limit.month), "offset": TURKEY.utcoffset(None)},
    ).fetchone()
    return from_numeric(row[0]) if row else 0


def without_value(connection: Connection, user_id: UUID) -> list[tuple[UUID, str, Decimal]]:
    """What came by a chain or from another user here when there was no price: id, currency, amount."""
    return connection.execute(
        """SELECT id, currency, amount FROM blockchain_transactions
            WHERE user_id = %(user)s AND value_try IS NULL AND status IN ('CONFIRMED', 'CREDITED')
           UNION ALL
           SELECT id, currency, amount FROM internal_transfers WHERE recipient_id = %(user)s AND value_try IS NULL""",
        {"user": user_id},
    ).fetchall()


def set_values(connection: Connection, values: Mapping[UUID, int]) -> None:
    """What these deposits are worth; the first value stays."""
    rows = [(to_numeric(units), deposit_id) for deposit_id, units in values.items()]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE blockchain_transactions SET value_try = %s WHERE id = %s AND value_try IS NULL", rows)
        cursor.executemany("UPDATE internal_transfers SET value_try = %s WHERE id = %s AND value_try IS NULL", rows)
