"""Rules for history: what a user may see of the earlier platform, as records that are no part of the books here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from mycrypto_local.importing import orders, reading
from mycrypto_local.importing.copy_text import Row
from mycrypto_local.importing.reading import MisfitError

TRANSACTIONS: Final = ("transactions", "ledger_entries")
TRADES: Final = "trades"
_TRANSACTION: Final = (
    "type", "currency", "amount", "fee", "status", "balance_before", "balance_after", "reference_id", "reference_type", "description",
)  # fmt: skip
_ORDER: Final = (
    "symbol", "side", "order_type", "status", "quantity", "filled_quantity", "price", "average_price", "stop_price", "time_in_force", "post_only",
    "client_order_id", "filled_at", "cancelled_at", "expires_at",
)  # fmt: skip
_VALUE_LENGTH_MAX: Final = 500


class Record(msgspec.Struct, frozen=True):
    user_id: UUID
    kind: str
    source_id: str
    occurred_at: datetime
    document: dict[str, str]


def transaction_of(row: Row) -> Record:
    """Raises MisfitError."""
    return Record(
        reading.uuid(row, "user_id"), "TRANSACTION", _id(row, "id"), reading.moment(row, "created_at"), _chosen(row, _TRANSACTION)
    )


def order_of(row: Row) -> Record | None:
    """``None`` for one that is open: it goes on here. Raises MisfitError."""
    if orders.is_open(row):
        return None
    return Record(reading.uuid(row, "user_id"), "ORDER", _id(row, "order_id"), reading.moment(row, "created_at"), _chosen(row, _ORDER))


def sides_of(row: Row) -> Iterator[Record]:
    """A trade as each of its two users may see it: nothing of the other one. Raises MisfitError."""
    for side, own in (("BUY", "buyer"), ("SELL", "seller")):
        shared = _chosen(row, ("symbol", "price", "quantity"))
        fee = {name: value for name, value in (("fee", row.get(f"{own}_fee")), ("fee_asset", row.get("fee_asset"))) if value}
        document = {**shared, **fee, "side": side, "order_id": reading.text(row, f"{own}_order_id")}
        yield Record(reading.uuid(row, f"{own}_user_id"), "TRADE", _id(row, "trade_id"), reading.moment(row, "executed_at"), document)


def _id(row: Row, name: str) -> str:
    found = reading.text(row, name)
    if not 0 < len(found) <= 64:
        raise MisfitError("NO_ID", f"{name} has 1 to 64 characters")
    return found


def _chosen(row: Row, columns: tuple[str, ...]) -> dict[str, str]:
    return {name: value[:_VALUE_LENGTH_MAX].replace("\0", "") for name in columns if (value := row.get(name)) is not None}
