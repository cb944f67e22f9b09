"""Answers to new orders as JSON: what the models of the API say, without making them where an order simply rests.

Most new orders differ in seven texts only. The rest of such an answer is encoded from the model once for each user, symbol and kind of order,
and remembered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from engine_container.views.orders import Order
from engine_container.views.rendering import fill_model, fills_link, iso, order_id, order_model
from mycrypto.contracts import api
from mycrypto.contracts.trading import OrderStatus, OrderType
from mycrypto.money import format_amount

_encode: Final = msgspec.json.Encoder().encode
# constants, because to name a member of an enumeration runs Python code every time (in 3.11)
_OPEN: Final = OrderStatus.OPEN
_LIMIT: Final = OrderType.LIMIT
_PLACE: Final = "\x00"
"""Marks a text that is another one in each answer: no text of an order holds it."""
_ENCODED_PLACE: Final = _encode(_PLACE)


class Placement(msgspec.Struct, frozen=True, gc=False):
    """What became of a new order. ``fields`` are ``order`` and ``trades`` as they stand within a JSON object, ``more`` what follows where not all
    trades are listed.
    """

    fields: bytes
    duplicate: bool
    more: bytes = b""

    def answer(self) -> bytes:
        """An ``api.Placed``."""
        return b'{%b,"duplicate":%b%b}' % (self.fields, b"true" if self.duplicate else b"false", self.more)

    def item(self, index: int) -> bytes:
        """An ``api.BatchItem``."""
        return b'{"index":%d,"status":201,%b%b}' % (index, self.fields, self.more)


def placement_of(placed: api.Placed) -> Placement:
    more = b""
    if placed.trades_link is not UNSET:
        more = b',"trades_link":%b' % _encode(placed.trades_link)
    return Placement(b'"order":%b,"trades":%b' % (_encode(placed.order), _encode(placed.trades)), placed.duplicate, more)


def placement(order: Order, quote: str, shard: int, *, duplicate: bool = False, most: int = api.LISTED_MAX) -> Placement:
    """``quote`` is the asset of the order's fees; so many trades are listed at ``most``."""
    if not _rests_untouched(order):
        return placement_of(placed_model(order, quote, shard, duplicate=duplicate, most=most))
    # a number, because the hash of an enumeration costs as much as all the rest of the look-up
    kind = (int(order.time_in_force) << 2) | (order.side << 1) | order.post_only
    template = _templates(order.user_id, order.symbol, quote).get(kind)
    if template is None:
        template = _templates(order.user_id, order.symbol, quote)[kind] = _template(order, quote, shard)
    created = iso(order.created_ms).encode()
    quantity = format_amount(order.quantity).encode()
    fields = template % (
        order_id(order, shard).encode(),
        _encode(order.client_order_id),
        quantity,
        format_amount(order.price).encode(),
        quantity,
        created,
        created,
    )
    return Placement(fields, duplicate)


def placed_model(order: Order, quote: str, shard: int, *, duplicate: bool = False, most: int = api.LISTED_MAX) -> api.Placed:
    """The order with the trades that it made as a taker."""
    taken = [fill for fill in order.fills if not fill.is_maker]
    trades = [fill_model(fill, quote, shard) for fill in taken[:most]]
    model = order_model(order, quote, shard)
    if len(taken) <= most:
        return api.Placed(model, trades, duplicate)
    return api.Placed(model, trades, duplicate, fills_link(order, shard))


def _rests_untouched(order: Order) -> bool:
    """A limit order that stands in the book as it was placed, and says nothing that most do not."""
    return (
        order.status is _OPEN
        and order.type is _LIMIT
        and order.updated_seq == order.number
        and not (order.fills or order.display_quantity or order.expires_ms or order.oco or order.replaces)
        and not (order.quote_quantity or order.stop_price or order.trail_bps or order.activation_price)
    )


@lru_cache(maxsize=8_192)
def _templates(user_id: bytes, symbol: str, quote: str) -> dict[int, bytes]:  # noqa: ARG001 - what they are remembered for
    """By kind of order; filled by who asks."""
    return {}


def _template(order: Order, quote: str, shard: int) -> bytes:
    """The fields of an answer about orders like this one, with ``%b`` where they differ: id, client_order_id (quoted), quantity, price,
    remaining quantity, and twice the time. Bytes, which are filled in at a quarter of the cost of texts.
    """
    model = replace(
        order_model(order, quote, shard),
        id=_PLACE,
        client_order_id=_PLACE,
        quantity=_PLACE,
        price=_PLACE,
        remaining_quantity=_PLACE,
        created_at=_PLACE,
        updated_at=_PLACE,
    )
    fields = (b'"order":%b,"trades":[]' % _encode(model)).replace(b"%", b"%%")
    return fields.replace(_ENCODED_PLACE, b'"%b"').replace(b'"client_order_id":"%b"', b'"client_order_id":%b')
