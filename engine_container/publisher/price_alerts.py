"""Price alerts are looked at every ten seconds: those that the last price has reached fire, their owners are written to, and they are gone.

An alert that fired stays, out of its owner's sight, until its mail is in the queue. The mail's id is the alert's, so that it goes out once
whatever is repeated in between.
"""

from __future__ import annotations

import asyncio
from typing import Final

from psycopg.rows import TupleRow

from engine_container.attempts import Attempts, Reporter
from engine_container.metrics import Counter
from engine_container.trade_database import TradePool
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, from_numeric
from mycrypto.outbox import EMAIL, Sender, Waiting, message

EVERY_SECONDS: Final = 10.0
MAILS_MAX: Final = 100
"""Sent at a time."""
FIRED: Final = Counter("price_alerts_total")

_FIRE: Final = """
UPDATE price_alerts AS alert SET fired_at = now(), fired_price = newest.price
  FROM (SELECT DISTINCT symbol FROM price_alerts WHERE fired_at IS NULL) AS watched
 CROSS JOIN LATERAL (
     SELECT price FROM trades WHERE trades.symbol = watched.symbol ORDER BY executed_at DESC, number DESC LIMIT 1
 ) AS newest
 WHERE alert.symbol = watched.symbol AND alert.fired_at IS NULL
   AND CASE alert.condition WHEN 'ABOVE' THEN newest.price >= alert.price ELSE newest.price <= alert.price END
"""

_FIRED: Final = """
SELECT id, user_id, symbol, condition, price, fired_price, fired_at FROM price_alerts WHERE fired_at IS NOT NULL ORDER BY fired_at, id LIMIT %s
"""


class PriceAlerts:
    """``state`` is ``ok`` or what is wrong."""

    def __init__(self, pool: TradePool, sender: Sender, reporter: Reporter) -> None:
        self._pool = pool
        self._sender = sender
        self._attempts = Attempts(pool, reporter, "no price alert is looked at")

    @property
    def state(self) -> str:
        return self._attempts.state

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._attempts.result_of(self._all)
            await asyncio.sleep(EVERY_SECONDS)

    async def _all(self) -> None:
        while await self.step():
            pass

    async def step(self) -> bool:
        """Fire what the last prices have reached, and send mails; whether more of them are left. Raises what the queue's client raises."""
        async with self._pool.connection() as connection:
            await connection.execute(_FIRE)
            rows = await (await connection.execute(_FIRED, (MAILS_MAX,))).fetchall()
        if not rows:
            return False
        accepted = await asyncio.to_thread(self._sender.send, EMAIL, [_row(row) for row in rows])
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM price_alerts WHERE id = ANY(%s)", (list(accepted),))
        FIRED.add(len(accepted))
        return len(accepted) == MAILS_MAX


def _row(row: TupleRow) -> Waiting:
    alert_id, user_id, symbol, condition, price, last_price, fired_at = row
    details = {
        "user_id": str(user_id),
        "symbol": symbol,
        "condition": condition,
        "price": format_amount(from_numeric(price)),
        "last_price": format_amount(from_numeric(last_price)),
    }
    message_id, payload = message(MailKind.PRICE_ALERT.value, details, message_id=alert_id, at=fired_at)
    return Waiting(message_id, EMAIL, "", payload)
