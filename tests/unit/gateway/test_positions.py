"""Average cost and profit out of fills."""

from __future__ import annotations

from engine_container.views.rendering import position_model
from engine_container.views.trades import OwnFill, TradeRecord
from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import Side
from mycrypto.positions import Holding

UNIT = 100_000_000


def fill(side: Side, quantity: int, price: int, fee: int = 0) -> OwnFill:
    trade = Trade("BTC/USDT", price * UNIT, quantity * UNIT, side, 1, 0, b"m", 0, 0, 0, 2, 0, b"t", fee * UNIT, 0)
    return OwnFill(TradeRecord(1, 1_790_000_000_000, trade), is_maker=False)


def held(*fills: OwnFill) -> Holding:
    holding = Holding("BTC/USDT")
    for one in fills:
        holding.trade(one.side, one.record.trade.quantity, one.value, one.fee, one.record.time_ms)
    return holding


def test_buying_raises_the_average_and_fees_are_cost() -> None:
    model = position_model(held(fill(Side.BUY, 1, 100), fill(Side.BUY, 1, 200, fee=20)), 200 * UNIT)
    assert (model.quantity, model.average_entry_price, model.unrealized_pnl, model.realized_pnl) == ("2", "160", "80", "0")
    assert model.unrealized_pnl_percent == "25.00"


def test_selling_realises_the_difference_to_the_average_cost() -> None:
    model = position_model(held(fill(Side.BUY, 2, 100), fill(Side.SELL, 1, 150, fee=10)), 90 * UNIT)
    assert (model.quantity, model.average_entry_price, model.realized_pnl, model.unrealized_pnl) == ("1", "100", "40", "-10")


def test_a_closed_position_has_only_what_it_made() -> None:
    model = position_model(held(fill(Side.BUY, 2, 100), fill(Side.SELL, 2, 90)), 95 * UNIT)
    assert (model.quantity, model.average_entry_price, model.unrealized_pnl, model.realized_pnl, model.opened_at) == (
        "0",
        None,
        None,
        "-20",
        None,
    )


def test_selling_what_was_deposited_realises_nothing() -> None:
    assert held(fill(Side.SELL, 5, 100)).realized == 0
    partly = held(fill(Side.BUY, 1, 100), fill(Side.SELL, 4, 150))
    assert (partly.quantity, partly.realized) == (0, 50 * UNIT)
