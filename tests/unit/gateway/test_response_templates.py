"""Answers to new orders are the bytes of the API's models, whichever way they are made."""

from __future__ import annotations

import msgspec
import pytest

from engine_container.views.orders import Order
from engine_container.views.rendering import fill_model, order_model
from engine_container.views.response_templates import placement
from engine_container.views.trades import OwnFill, TradeRecord
from mycrypto.contracts import api
from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, TimeInForce

ONE = 100_000_000
ALICE, BOB = b"a" * 16, b"b" * 16
TRADE = Trade("BTC/USDT", 40_000 * ONE, ONE // 2, Side.BUY, 5, 1_000, BOB, 1, ONE, 0, 7, 1_700_000_000_000, ALICE, 2, ONE // 2)
FILL = OwnFill(TradeRecord(8, 1_700_000_000_000, TRADE), is_maker=False)


def resting(**changes: object) -> Order:
    order = Order(
        number=7,
        created_ms=1_700_000_000_000,
        user_id=ALICE,
        client_order_id="mine",
        symbol="BTC/USDT",
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=ONE,
        price=40_000 * ONE,
        quote_quantity=0,
        post_only=False,
        stop_price=0,
        display_quantity=0,
        trail_bps=0,
        activation_price=0,
        expires_ms=0,
        status=OrderStatus.OPEN,
        updated_ms=1_700_000_000_000,
        updated_seq=7,
        fills=[],
    )
    return msgspec.structs.replace(order, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"number": 9, "updated_seq": 9, "created_ms": 1_700_000_000_001, "updated_ms": 1_700_000_000_001, "quantity": 3, "price": 1},
        {"client_order_id": 'quote " backslash \\ percent %s %'},
        {"user_id": BOB},
        {"side": Side.SELL},
        {"post_only": True},
        {"time_in_force": TimeInForce.DAY},
        {"symbol": "100%/USDT"},
        {"time_in_force": TimeInForce.GTD, "expires_ms": 1_800_000_000_000},
        {"display_quantity": ONE // 4},
        {"stop_price": ONE},
        {"type": OrderType.STOP, "price": 0, "stop_price": ONE, "status": OrderStatus.PENDING_TRIGGER},
        {"type": OrderType.MARKET, "time_in_force": TimeInForce.IOC, "quantity": 0, "price": 0, "quote_quantity": ONE},
        {"filled": ONE // 2, "value": 20_000 * ONE, "fee": 2, "fills": [FILL], "status": OrderStatus.PARTIALLY_FILLED},
        {"status": OrderStatus.CANCELLED, "closed_ms": 1_700_000_000_000, "reason": "IOC"},
        {"updated_seq": 12, "updated_ms": 1_700_000_000_500},
    ],
)
@pytest.mark.parametrize("duplicate", [False, True])
def test_an_answer_is_what_the_models_say(changes: dict[str, object], duplicate: bool) -> None:
    order = resting(**changes)
    placement(resting(client_order_id="another", number=3, updated_seq=3, price=ONE), "USDT", 0)  # what is remembered is not this order
    shown = order_model(order, "USDT", 0)
    trades = [fill_model(fill, "USDT", 0) for fill in order.fills]
    found = placement(order, "USDT", 0, duplicate=duplicate)
    assert found.answer() == msgspec.json.encode(api.Placed(shown, trades, duplicate))
    assert found.item(3) == msgspec.json.encode(api.BatchItem(3, 201, shown, trades))
