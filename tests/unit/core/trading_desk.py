"""A small exchange for tests of rules: a listed symbol, funded users, commands in words, events as the contracts' objects."""

from __future__ import annotations

from typing import Any

import msgspec

from engine_container.core.entities import Symbol
from engine_container.core.machine import advance, apply
from engine_container.core.state import State
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderType, Side, SymbolStatus, TimeInForce
from mycrypto.money import UNITS_PER_ONE, parse_amount

EVENTS = msgspec.msgpack.Decoder(list[e.Event])
START_MS = 1_800_000_000_000  # 2027-01-15T08:00:00Z
SYMBOL = "BTC/USDT"

PRICED = {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}


def units(text: str) -> int:
    return parse_amount(text)


class Desk:
    """Amounts are decimal strings. Every command has a new id unless one is given. The newest version of the rules is on unless another is."""

    def __init__(self, version: int = c.RULES_LATEST, **rules: Any) -> None:
        self.state = State()
        self.now = START_MS
        self.ids = 0
        self.names: dict[str, bytes] = {}
        self.rules: dict[str, Any] = {
            "tick": units("0.01"),
            "lot": units("0.0001"),
            "quantity_min": units("0.0001"),
            "quantity_max": units("100"),
            "notional_min": units("10"),
            "band_bps": 1_000,
            "maker_fee_ppm": 500,
            "taker_fee_ppm": 1_000,
            "breaker_bps": 0,
        }
        self.do(c.SetRules(self.new_id(), version))
        self.list_symbol(**rules)

    def new_id(self) -> bytes:
        self.ids += 1
        return self.ids.to_bytes(16, "big")

    def list_symbol(self, symbol: str = SYMBOL, **rules: Any) -> list[Any]:
        self.rules |= rules
        base, quote = symbol.split("/")
        return self.do(c.SetSymbol(self.new_id(), symbol, base, quote, **self.rules))

    def do(self, command: Any) -> list[Any]:
        events = advance(self.state, self.now) + apply(self.state, command, self.now)
        return EVENTS.decode(msgspec.msgpack.encode(events))

    def passes(self, ms: int) -> list[Any]:
        """Time goes by; a tick tells the engine."""
        self.now += ms
        return self.do(c.Tick(b"", self.now))

    def user(self, name: str) -> bytes:
        if name not in self.names:
            self.names[name] = name.encode().ljust(16, b"\0")
        return self.names[name]

    def fund(self, name: str, **amounts: str) -> None:
        for asset, amount in amounts.items():
            self.do(c.Credit(self.new_id(), self.user(name), asset, units(amount), self.new_id()))

    def order(
        self, name: str, side: str, quantity: str, price: str = "0", kind: str = "LIMIT", tif: str = "GTC", **more: Any
    ) -> c.PlaceOrder:
        given: dict[str, Any] = {
            key: units(value) if isinstance(value, str) and key not in {"client_order_id", "symbol"} else value
            for key, value in more.items()
        }
        command_id = given.pop("command_id", None) or self.new_id()
        symbol = given.pop("symbol", SYMBOL)
        return c.PlaceOrder(
            command_id, self.user(name), symbol, Side[side], OrderType[kind], TimeInForce[tif], units(quantity), units(price), **given
        )

    def place(self, *args: Any, **more: Any) -> list[Any]:
        return self.do(self.order(*args, **more))

    def number(self, *args: Any, **more: Any) -> int:
        """Place an order that is accepted; its number."""
        first = self.state.next_seq
        for place, event in enumerate(self.place(*args, **more)):
            if isinstance(event, e.OrderAccepted):
                return first + place
        raise AssertionError("the order was refused")

    def cancel(self, name: str, number: int = 0, client_order_id: str = "") -> list[Any]:
        return self.do(c.CancelOrder(self.new_id(), self.user(name), number, client_order_id))

    def status(self, status: SymbolStatus, resume_ms: int = 0, reason: str = "") -> list[Any]:
        return self.do(c.SetStatus(self.new_id(), SYMBOL, status, reason, b"", resume_ms))

    def balance(self, name: str, asset: str) -> tuple[int, int]:
        balance = self.state.users[self.user(name)].balances[asset]
        return balance.available, balance.locked

    @property
    def symbol(self) -> Symbol:
        return self.state.symbols[SYMBOL]

    def trade_at(self, price: str) -> None:
        """Make this the last price, between two users who do nothing else."""
        self.fund("seed seller", BTC="1")
        self.fund("seed buyer", USDT=str(10 * units(price) // UNITS_PER_ONE + 10))
        self.place("seed seller", "SELL", "0.1", price)
        self.place("seed buyer", "BUY", "0.1", price, tif="IOC")


def of(kind: type, events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def codes(events: list[Any]) -> list[str]:
    return [event.code for event in events if hasattr(event, "code")]
