"""SQL of closing balances. Amounts are units of 10^-8 where they are integers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.ledger import PLATFORM
from mycrypto.money import from_numeric, to_numeric

_CUSTODY: Final = {"BANK": ["custody:bank"], "CHAIN": ["custody:hot", "custody:cold"]}
_KIND: Final = {"BANK": "FIAT", "CHAIN": "CRYPTO"}


class Range(NamedTuple):
    lowest: int
    highest: int


class Books(NamedTuple):
    """``leaving`` and ``arriving``: what may have left the partner, or come to it, and is not booked yet. ``fees``: network fees that were booked
    since the last look, each of which may have been another one.
    """

    booked: int
    leaving: int
    arriving: int
    fees: int


class Kept(NamedTuple):
    lowest: Decimal
    highest: Decimal
    looked_at: datetime
    suspected: bool


def lock(connection: Connection, source: str, currency: str) -> Kept | None:
    """The last look."""
    with connection.cursor(row_factory=class_row(Kept)) as cursor:
        return cursor.execute(
            "SELECT lowest, highest, looked_at, suspected FROM closing_balances WHERE source = %s AND currency = %s FOR UPDATE",
            (source, currency),
        ).fetchone()


def any_suspected(connection: Connection) -> bool:
    """Whether something did not fit at the last look."""
    return connection.execute("SELECT FROM closing_balances WHERE suspected LIMIT 1").fetchone() is not None


def keep(
    connection: Connection, source: str, currency: str, bounds: Range, *, held: int, booked: int, now: datetime, suspected: bool
) -> None:
    connection.execute(
        """INSERT INTO closing_balances (source, currency, lowest, highest, held, booked, looked_at, suspected)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (source, currency) DO UPDATE SET lowest = excluded.lowest, highest = excluded.highest, held = excluded.held,
                  booked = excluded.booked, suspected = excluded.suspected,
                  -- Fees that were booked since the bounds were found widen them until something fits again.
                  looked_at = CASE WHEN excluded.suspected THEN closing_balances.looked_at ELSE excluded.looked_at END""",
        (source, currency, *map(to_numeric, bounds), to_numeric(held), to_numeric(booked), now, suspected),
    )


def books(connection: Connection, source: str, currency: str, *, since: datetime) -> Books:
    """What the books say at this moment. Custody is booked as what it owes: the sign is turned."""
    row = connection.execute(
        """SELECT (SELECT coalesce(-sum(balance), 0) FROM ledger_accounts
                    WHERE owner = %(platform)s AND kind = ANY(%(custody)s) AND currency = %(currency)s),
                  (SELECT coalesce(sum(asked.amount + asked.network_fee), 0) FROM withdrawals asked
                     JOIN payouts payout ON payout.withdrawal_id = asked.id
                    WHERE asked.kind = %(kind)s AND asked.currency = %(currency)s AND payout.attempts > 0
                      AND asked.status IN ('PROCESSING', 'SIGNING', 'BROADCASTING', 'BROADCASTED')),
                  coalesce(sum(item.amount) FILTER (WHERE item.status = 'RETURNING' OR missing), 0),
                  coalesce(sum(item.amount) FILTER (WHERE NOT missing AND item.booked = 0), 0),
                  (SELECT coalesce(sum(network_fee), 0) FROM withdrawals
                    WHERE kind = %(kind)s AND currency = %(currency)s AND status = 'COMPLETED' AND completed_at > %(since)s)
             FROM reconciliation_items item,
                  LATERAL (SELECT item.reason IN ('REORGANISED', 'CREDITED_TWICE', 'BALANCE_SHORT')
                                  OR (item.reason LIKE 'PAYOUT%%' AND item.document ->> 'outcome' = 'COMPLETED') AS missing) AS judged
            WHERE item.source = %(source)s AND item.currency = %(currency)s AND item.status <> 'RESOLVED'""",
        {"platform": PLATFORM, "custody": _CUSTODY[source], "currency": currency, "kind": _KIND[source], "source": source, "since": since},
    ).fetchone()
    booked, payouts, missing, received, fees = map(from_numeric, row or (Decimal(0),) * 5)
    return Books(booked=booked, leaving=payouts + missing, arriving=received, fees=fees)
