"""The core's plain numbers are the names of the contracts, and its event arrays decode as the contracts' events."""

from __future__ import annotations

import inspect

import msgspec

from engine_container.core import clock, vocabulary
from mycrypto.contracts import events
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce, TimeJump
from mycrypto.money import AMOUNT_UNITS_MAX

TAGS = {
    "TAG_ACCEPTED": events.OrderAccepted,
    "TAG_REJECTED": events.OrderRejected,
    "TAG_TRADE": events.Trade,
    "TAG_CLOSED": events.OrderClosed,
    "TAG_TRIGGERED": events.OrderTriggered,
    "TAG_AMENDED": events.OrderAmended,
    "TAG_BALANCE": events.BalanceChanged,
    "TAG_TRANSFER": events.TransferApplied,
    "TAG_TRANSFER_REFUSED": events.TransferRefused,
    "TAG_SYMBOL": events.SymbolChanged,
    "TAG_USER": events.UserChanged,
    "TAG_TOTALS": events.Totals,
    "TAG_REFUSED": events.CommandRefused,
    "TAG_ORDER_REPEATED": events.OrderRepeated,
    "TAG_REPEATED": events.CommandRepeated,
    "TAG_RULES": events.RulesChanged,
    "TAG_FAILED": events.CommandFailed,
    "TAG_SWITCH": events.CancelAllAfterSet,
    "TAG_TIME": events.TimeJumped,
}


def test_names_of_the_vocabulary() -> None:
    for kind in (Side, OrderType, TimeInForce, SymbolStatus):
        for member in kind:
            assert getattr(vocabulary, member.name) == member.value, member
    for mode in SelfTradePrevention:
        assert getattr(vocabulary, f"STP_{mode.name}") == mode.value
    for name in ("PENDING_TRIGGER", "OPEN", "FILLED", "CANCELLED", "EXPIRED"):
        assert getattr(vocabulary, name) == OrderStatus[name]
    for outcome in TimeJump:
        assert getattr(clock, outcome.name) == outcome.value


def test_figures_are_bounded_by_what_the_wire_and_the_logs_hold() -> None:
    assert vocabulary.AMOUNT_MAX == AMOUNT_UNITS_MAX
    assert vocabulary.TOTAL_MAX == 2**63 - 1


def test_every_event_has_its_tag() -> None:
    assert {name for name in dir(vocabulary) if name.startswith("TAG_")} == set(TAGS)
    for name, kind in TAGS.items():
        assert kind.__struct_config__.tag == getattr(vocabulary, name)
    assert set(TAGS.values()) == {kind for _, kind in inspect.getmembers(events, inspect.isclass) if is_event(kind)}


def is_event(kind: type) -> bool:
    return issubclass(kind, msgspec.Struct) and kind.__struct_config__.tag is not None
