"""A market of its own for tools: one symbol counted in whole ticks and lots, users with more money than any order needs and no limits."""

from __future__ import annotations

from typing import Final

from engine_container.core.entities import Event
from engine_container.core.machine import run
from engine_container.core.state import State
from mycrypto.contracts.commands import RULES_LATEST, Command, Credit, SetRules, SetSymbol, SetUser
from mycrypto.contracts.trading import SelfTradePrevention

SYMBOL: Final = "BASE/QUOTE"
BASE: Final = "BASE"
QUOTE: Final = "QUOTE"
TICK: Final = 10**4
LOT: Final = 10**4
"""Together one unit: a lot at a price of one tick costs the least there is, so that the greatest prices and quantities find room."""
AMPLE: Final = 10**14
"""Units that every user is given of both assets; 90,000 users fit into what one asset may have."""


class Market:
    """A fresh state with the symbol listed. Commands get ids of their own, and log time stands still unless it is set."""

    def __init__(self, *, tick: int = TICK, lot: int = LOT, ample: int = AMPLE) -> None:
        self.state = State()
        self.sent: list[Command] = []
        """What made the market, until its first order."""
        self.now_ms = 1
        self.tick = tick
        self.lot = lot
        self._ample = ample
        self._ids = 0
        self._prepare(SetRules(self.new_id(), RULES_LATEST))
        self._prepare(SetSymbol(self.new_id(), SYMBOL, BASE, QUOTE, tick, lot, lot, lot * 10**12))

    def new_id(self) -> bytes:
        """16 bytes that were not used before."""
        self._ids += 1
        return self._ids.to_bytes(16, "big")

    def send(self, command: Command) -> list[Event]:
        """Apply one command now."""
        return run(self.state, command, self.now_ms)

    def _prepare(self, command: Command) -> None:
        self.sent.append(command)
        self.send(command)

    def add_user(self, *, may_trade_with_itself: bool = False) -> bytes:
        """A new user with ample money and no limits; own orders trade with each other if so asked."""
        user_id = self.new_id()
        mode = SelfTradePrevention.ALLOW if may_trade_with_itself else SelfTradePrevention.CANCEL_TAKER
        self._prepare(SetUser(self.new_id(), user_id, 0, 0, 0, 0, 0, mode, may_trade_with_itself))
        for asset in (BASE, QUOTE):
            self._prepare(Credit(self.new_id(), user_id, asset, self._ample, self.new_id()))
        return user_id
