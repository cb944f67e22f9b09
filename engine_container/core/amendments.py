"""The OrderAmended event."""

from __future__ import annotations

from engine_container.core.entities import Event, Order
from engine_container.core.vocabulary import TAG_AMENDED


def amended(order: Order, *, kept_place: bool) -> Event:
    """The order as it is now: total quantity, price, and what it shows if it rests."""
    account = order.account
    symbol = account.symbol
    return (
        TAG_AMENDED,
        order.number,
        order.created_ms,
        account.user.user_id,
        symbol.name,
        order.total * symbol.lot,
        order.price * symbol.tick,
        kept_place,
        order.shown * symbol.lot if order.level is not None else 0,
    )
