"""How a batch of engine events becomes history, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from psycopg import Connection

from functions.history import store
from functions.history.folding import Fold
from mycrypto.contracts import events
from mycrypto.projection import fresh, lock_watermark, move_watermark

CONSUMER: Final = "history"


class Outcome(msgspec.Struct, frozen=True):
    """What a batch did. ``missing`` orders were changed without being in the history: rows were lost, or dropped by retention."""

    applied: int
    orders: int
    trades: int
    missing: int
    watermark: int


def project(connection: Connection, shard: int, records: Sequence[events.EventRecord]) -> Outcome:
    """Apply the records of one shard in the caller's transaction. Raises ``SequenceGapError`` for missing events."""
    watermark = lock_watermark(connection, CONSUMER, shard)
    batch = list(fresh(records, watermark))
    if not batch:
        return Outcome(0, 0, 0, 0, watermark)
    fold = Fold()
    fold.add_all(batch)
    store.insert_orders(connection, shard, fold.orders.values())
    missing = store.change_orders(connection, shard, fold.changes.values())
    store.insert_trades(connection, shard, fold.trades)
    for numbered, symbol in fold.symbols.values():
        store.set_symbol(connection, shard, numbered, symbol)
    move_watermark(connection, CONSUMER, shard, batch[-1])
    return Outcome(len(batch), len(fold.orders), len(fold.trades), missing, batch[-1].seq)
