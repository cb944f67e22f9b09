"""Faults for tests: an exception raised at any line of the core, and a log with a command that really fails."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from engine_container.core import machine
from engine_container.core.state import RULES_FIRST
from mycrypto.contracts import commands as c
from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, TimeInForce
from tests.unit.core.trading_desk import Desk, units

_CORE: Final = str(machine.__file__).rsplit("/", 1)[0]
INTERPRETED: Final = str(machine.__file__).endswith(".py")


class InjectedError(Exception):
    """An exception that no code expects."""


class Lines:
    """Counts the lines of the core that run, and raises at one of them: the first is 1, none is 0."""

    def __init__(self, raise_at: int) -> None:
        self.raise_at = raise_at
        self.count = 0

    def trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_CORE):
            return None
        if event == "line":
            self.count += 1
            if self.count == self.raise_at:
                raise InjectedError(f"at line {frame.f_lineno} of {frame.f_code.co_filename}")
        return self.trace


@contextmanager
def raising_at(line: int) -> Iterator[Lines]:
    lines = Lines(line)
    before = sys.gettrace()
    sys.settrace(lines.trace)
    try:
        yield lines
    finally:
        sys.settrace(before)


OTHER: Final = "ETH/USDT"


class FailingDesk(Desk):
    """Keeps its commands. :meth:`fails` leads to one that fails in this and every other core that keeps to the first rules: self-trade prevention
    made one leg of an OCO smaller and not the other, whose funds were gone when it fired.
    """

    def __init__(self) -> None:
        self.sent: list[Any] = []
        super().__init__(RULES_FIRST)
        self.list_symbol(OTHER)

    def do(self, command: Any) -> list[Any]:
        self.sent.append(command)
        return super().do(command)

    def prepare(self) -> c.PlaceOrder:
        """All that comes before; the command that fails."""
        assert self.state.rules == RULES_FIRST
        self.fund("eve", BTC="10", USDT="100000")
        self.fund("bob", USDT="1000000")
        self.fund("al", BTC="10")
        self.trade_at("100.00")
        legs = (self.order("eve", "SELL", "10", "105.00"), self.order("eve", "SELL", "10", kind="STOP", stop_price="95.00"))
        self.do(c.PlaceOco(self.new_id(), *legs))
        self.place("eve", "BUY", "4", "105.00", self_trade_prevention=SelfTradePrevention.DECREMENT)
        free = self.balance("eve", "BTC")[0]
        self.do(c.Debit(self.new_id(), self.user("eve"), "BTC", free, self.new_id()))
        self.place("bob", "BUY", "9", "95.00")
        self.place("bob", "BUY", "9", "94.00")
        return self.order("al", "SELL", "1", "95.00")

    def elsewhere(self, price: str = "100.00") -> c.PlaceOrder:
        """An order on the other market."""
        return c.PlaceOrder(
            self.new_id(), self.user("bob"), OTHER, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, units("1"), units(price), client_order_id=""
        )
