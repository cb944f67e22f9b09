"""What the public topics say. One envelope per change of an order and per trade, made of the event log alone.

``event_id`` is derived from the number of the engine's event, so an envelope that is published again bears the same id. Within a
partition ids only grow: the last one says how far publishing had come.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from engine_container.views.observer import Observer, OrderChange
from engine_container.views.orders import Order
from engine_container.views.trades import TradeRecord
from mycrypto.contracts.trading import OrderStatus, Side
from mycrypto.ids import parse_trading_uuid, trading_uuid
from mycrypto.money import UNITS_PER_ONE, format_amount

ORDER_TOPIC: Final = "order-events"
TRADE_TOPIC: Final = "trade-events"

PER_EVENT: Final = 4
"""Places of an event: three envelopes at most (the trade, the maker's order, the taker's), and a mail."""

_CLOSED: Final = {
    OrderStatus.FILLED: "ORDER_FILLED",
    OrderStatus.CANCELLED: "ORDER_CANCELLED",
    OrderStatus.EXPIRED: "ORDER_EXPIRED",
}
_encode: Final = msgspec.json.Encoder().encode


class Envelope(msgspec.Struct, frozen=True):
    """The wire form. ``timestamp`` is the log time in epoch milliseconds; amounts are decimal strings."""

    event_id: str
    event_type: str
    timestamp: int
    sequence: int
    payload: dict[str, Any]


class Message(msgspec.Struct, frozen=True):
    """An envelope on its way; ``position`` orders all messages of a shard."""

    topic: str
    key: bytes
    position: int
    value: bytes


def position_of(value: bytes) -> int:
    """The position of an envelope that was published, or 0 for a message of another origin."""
    try:
        envelope = msgspec.json.decode(value, type=Envelope)
        parts = parse_trading_uuid(UUID(envelope.event_id))
    except ValueError:
        return 0
    return parts.number if parts is not None else 0


class EnvelopeMaker(Observer):
    """Collects messages while records are applied; :meth:`take` hands them over."""

    def __init__(self, shard: int) -> None:
        self._shard = shard
        self._messages: list[Message] = []

    def take(self) -> list[Message]:
        """The messages of the records applied since the last call."""
        messages, self._messages = self._messages, []
        return messages

    def traded(self, record: TradeRecord, maker: Order | None, taker: Order | None) -> None:
        trade = record.trade
        maker_buys = trade.taker_side is Side.SELL
        maker_id = str(trading_uuid(trade.maker_created_ms, trade.maker_order, self._shard))
        taker_id = str(trading_uuid(trade.taker_created_ms, trade.taker_order, self._shard))
        sides = ((maker_id, trade.maker_user, trade.maker_fee), (taker_id, trade.taker_user, trade.taker_fee))
        buyer, seller = sides if maker_buys else sides[::-1]
        payload: dict[str, Any] = {
            "trade_id": self._trade_id(record),
            "symbol": trade.symbol,
            "price": format_amount(trade.price),
            "quantity": format_amount(trade.quantity),
            "value": format_amount(trade.price * trade.quantity // UNITS_PER_ONE),
            "buy_order_id": buyer[0],
            "sell_order_id": seller[0],
            "buyer_user_id": str(UUID(bytes=buyer[1])),
            "seller_user_id": str(UUID(bytes=seller[1])),
            "buyer_fee": format_amount(buyer[2]),
            "seller_fee": format_amount(seller[2]),
            "fee_asset": trade.symbol.rpartition("/")[2],
            "is_buyer_maker": maker_buys,
            "executed_at": record.time_ms,
        }
        self._add(TRADE_TOPIC, trade.symbol.encode(), "TRADE_EXECUTED", record.number, 0, record.time_ms, payload)
        for place, order in ((1, maker), (2, taker)):
            # the last fill of an order is told by its ORDER_FILLED
            if order is not None and not order.is_whole:
                fill = {"trade_id": payload["trade_id"], "last_price": payload["price"], "last_quantity": payload["quantity"]}
                self._add_order(order, "ORDER_PARTIALLY_FILLED", record.number, place, record.time_ms, fill | {"is_maker": order is maker})

    def order_changed(self, order: Order, change: OrderChange, seq: int, time_ms: int) -> None:
        if change is OrderChange.FILLED:
            return
        kind = _CLOSED[order.status] if change is OrderChange.CLOSED else f"ORDER_{change.name}"
        self._add_order(order, kind, seq, 1, time_ms, {})

    def _trade_id(self, record: TradeRecord) -> str:
        return str(trading_uuid(record.time_ms, record.number, self._shard))

    def _add_order(self, order: Order, kind: str, seq: int, place: int, time_ms: int, more: dict[str, Any]) -> None:
        payload: dict[str, Any] = {
            "order_id": str(trading_uuid(order.created_ms, order.number, self._shard)),
            "client_order_id": order.client_order_id,
            "user_id": str(UUID(bytes=order.user_id)),
            "symbol": order.symbol,
            "side": order.side.name,
            "type": order.type.name,
            "time_in_force": order.time_in_force.name,
            "status": order.status.name,
            "quantity": format_amount(order.quantity) if order.quantity else None,
            "quote_quantity": format_amount(order.quote_quantity) if order.quote_quantity else None,
            "price": format_amount(order.price) if order.price else None,
            "stop_price": format_amount(order.stop_price) if order.stop_price else None,
            "filled_quantity": format_amount(order.filled),
            "filled_value": format_amount(order.value),
            "average_price": format_amount(order.value * UNITS_PER_ONE // order.filled) if order.filled else None,
            "fee": format_amount(order.fee),
            "fee_asset": order.symbol.rpartition("/")[2],
            "reason": order.reason or None,
            "created_at": order.created_ms,
        }
        self._add(ORDER_TOPIC, str(UUID(bytes=order.user_id)).encode(), kind, seq, place, time_ms, payload | more)

    def _add(self, topic: str, key: bytes, kind: str, seq: int, place: int, time_ms: int, payload: dict[str, Any]) -> None:
        position = seq * PER_EVENT + place
        event_id = str(trading_uuid(time_ms, position, self._shard))
        self._messages.append(Message(topic, key, position, _encode(Envelope(event_id, kind, time_ms, seq, payload))))
