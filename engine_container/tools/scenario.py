"""Conformance scenarios (``tests/conformance/format.md``) through the same core as production."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from engine_container.core.book import orders_of
from engine_container.core.entities import BookSide, Event, Order
from engine_container.core.limits import set_band
from engine_container.core.machine import observe_print
from engine_container.core.vocabulary import TAG_ACCEPTED, TAG_TRADE
from engine_container.tools.market import LOT, SYMBOL, TICK, Market
from mycrypto.contracts.commands import AmendOrder, CancelOrder, PlaceOco, PlaceOrder
from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, TimeInForce
from mycrypto.money import UNITS_PER_ONE

TYPES: Final = {
    "LIMIT": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "STOP_MARKET": OrderType.STOP,
    "STOP_LIMIT": OrderType.STOP_LIMIT,
    "TAKE_PROFIT": OrderType.TAKE_PROFIT,
    "TAKE_PROFIT_MARKET": OrderType.TAKE_PROFIT,
    "TAKE_PROFIT_LIMIT": OrderType.TAKE_PROFIT_LIMIT,
    "TRAILING_STOP": OrderType.TRAILING_STOP,
}

Row = dict[str, Any]
T = TypeVar("T")


class ScenarioError(ValueError):
    """A scenario asks for something that the format does not know."""


class Scenario:
    """One scenario on a fresh book. Ids are the scenario's own; an absent owner is a new user for every order."""

    def __init__(self) -> None:
        self._market = Market()
        self._owners: dict[str, bytes] = {}
        self._numbers: dict[str, tuple[int, bytes]] = {}
        self._ids: dict[int, str] = {}
        self._trades: list[list[Any]] = []

    def run(self, commands: Iterable[Row]) -> Row:
        """Carry out the commands; what came of them in the form of ``expect``."""
        handlers = {
            "new": self._new,
            "cancel": self._cancel,
            "reduce": self._reduce,
            "reduce_to": self._reduce_to,
            "move": self._move,
            "replace": self._replace,
            "amend": self._amend,
            "amend_total": self._amend_total,
            "mass_cancel": self._mass_cancel,
            "oco": self._oco,
            "set_last_price": self._set_last_price,
            "print": self._print,
        }
        for place, command in enumerate(commands):
            handler = handlers.get(command.get("op", ""))
            if handler is None:
                raise ScenarioError(f"command {place}: unknown op {command.get('op')!r}")
            try:
                handler(command)
            except KeyError as error:
                raise ScenarioError(f"command {place}: {command['op']} needs {error}") from error
            except ScenarioError as error:
                raise ScenarioError(f"command {place}: {error}") from error
        return self.result()

    def result(self) -> Row:
        """Trades, book, held stops and shown quantities as they are now."""
        symbol = self._market.state.symbols[SYMBOL]
        sides = (("bids", symbol.bids), ("asks", symbol.asks))
        return {
            "trades": self._trades,
            "book": {name: [[self._ids[order.number], order.price, order.open] for order in orders_of(side)] for name, side in sides},
            "stops_held": [self._ids[number] for number in symbol.waiting],
            "displayed_l2": {name: _displayed(side) for name, side in sides},
        }

    def _owner(self, name: str | None) -> bytes:
        if name is None:
            return self._market.add_user(may_trade_with_itself=True)
        if name not in self._owners:
            self._owners[name] = self._market.add_user(may_trade_with_itself=True)
        return self._owners[name]

    def _live(self, command: Row) -> Order | None:
        """The open order that the command means, if its owner is the one who asks."""
        number, user_id = self._numbers.get(command["id"], (0, b""))
        owner = command.get("owner")
        if owner is not None and self._owner(owner) != user_id:
            return None
        return self._market.state.orders.find(number)

    def _order(self, row: Row) -> PlaceOrder:
        prevention = _named(SelfTradePrevention.__members__, row, "stp") if row.get("stp") else SelfTradePrevention.ACCOUNT
        return PlaceOrder(
            command_id=self._market.new_id(),
            user_id=self._owner(row.get("owner")),
            symbol=SYMBOL,
            side=_named(Side.__members__, row, "side"),
            type=_named(TYPES, row, "type"),
            time_in_force=_named(TimeInForce.__members__, {"tif": "GTC", **row}, "tif"),
            quantity=_figure(row, "qty", 0) * LOT,
            price=_figure(row, "price", 0) * TICK,
            quote_quantity=_figure(row, "quote_qty", 0) * (TICK * LOT // UNITS_PER_ONE),
            post_only=row.get("post_only", False),
            self_trade_prevention=prevention,
            stop_price=_figure(row, "stop", 0) * TICK,
            display_quantity=_figure(row, "display", 0) * LOT,
            trail_bps=_figure(row, "trail_bps", 0),
            refused_if_reached=row.get("refused_if_reached", False),
        )

    def _new(self, row: Row) -> None:
        if self._live({"id": row["id"]}) is not None:
            return  # a live id is refused
        order = self._order(row)
        self._note(self._market.send(order), [(row["id"], order.user_id)])

    def _oco(self, row: Row) -> None:
        rows = row["orders"]
        owner = self._owner(rows[0].get("owner"))
        self._owners[f"oco {rows[0]['id']}"] = owner
        first, second = (self._order({**leg, "owner": f"oco {rows[0]['id']}"}) for leg in rows)
        command = PlaceOco(self._market.new_id(), first, second)
        self._note(self._market.send(command), [(leg["id"], owner) for leg in rows])

    def _note(self, events: list[Event], placed: list[tuple[str, bytes]]) -> None:
        """Learn the numbers of accepted orders, and the trades."""
        seq = self._market.state.next_seq - len(events)
        names = iter(placed)
        for number, event in enumerate(events, seq):
            if event[0] == TAG_ACCEPTED:
                name, user_id = next(names)
                self._numbers[name] = (number, user_id)
                self._ids[number] = name
            elif event[0] == TAG_TRADE:
                self._trades.append([self._ids[_int(event[5])], self._ids[_int(event[11])], _int(event[2]) // TICK, _int(event[3]) // LOT])

    def _cancel(self, row: Row) -> None:
        order = self._live(row)
        if order is not None:
            self._note(self._market.send(CancelOrder(self._market.new_id(), order.account.user.user_id, order.number)), [])

    def _set_open(self, row: Row, quantity: int, price: int = 0) -> None:
        order = self._live(row)
        if order is None:
            return
        if quantity <= 0:
            self._cancel(row)
            return
        command = AmendOrder(self._market.new_id(), order.account.user.user_id, order.number, "", quantity * LOT, price * TICK)
        self._note(self._market.send(command), [])

    def _reduce(self, row: Row) -> None:
        order = self._live(row)
        quantity = _figure(row, "qty")
        if order is not None and quantity > 0:
            self._set_open(row, order.open - quantity)

    def _reduce_to(self, row: Row) -> None:
        order = self._live(row)
        quantity = _figure(row, "qty")
        if order is not None and quantity < order.open:
            self._set_open(row, quantity)

    def _move(self, row: Row) -> None:
        order = self._live(row)
        if order is not None:
            self._set_open(row, order.open, _figure(row, "price"))

    def _replace(self, row: Row) -> None:
        order = self._live(row)
        if order is not None:
            self._set_open(row, order.open + _figure(row, "qty_delta"), _figure(row, "price", 0))

    def _amend(self, row: Row) -> None:
        self._set_open(row, _figure(row, "qty"), _figure(row, "price"))

    def _amend_total(self, row: Row) -> None:
        order = self._live(row)
        if order is not None:
            quantity = _figure(row, "qty") * LOT
            command = AmendOrder(self._market.new_id(), order.account.user.user_id, order.number, total_quantity=quantity)
            self._note(self._market.send(command), [])

    def _mass_cancel(self, row: Row) -> None:
        side = _named(Side.__members__, row, "side") if row.get("side") else None
        lowest = _figure(row, "min_price", 0)
        highest = _figure(row, "max_price", -1)
        for name in list(self._numbers):
            order = self._live({"id": name, "owner": row.get("owner")})
            if order is None or (side is not None and order.side != side) or order.price < lowest:
                continue
            if highest < 0 or order.price <= highest:
                self._cancel({"id": name})

    def _set_last_price(self, row: Row) -> None:
        symbol = self._market.state.symbols[SYMBOL]
        symbol.last_price = _figure(row, "price")
        set_band(symbol)

    def _print(self, row: Row) -> None:
        self._note(observe_print(self._market.state, SYMBOL, _figure(row, "price") * TICK), [])


def _figure(row: Row, name: str, default: int | None = None) -> int:
    """A whole number of the row; without a default it has to be there."""
    value = row.get(name, default)
    if value is None:
        if default is None:
            raise KeyError(name)
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise ScenarioError(f"{name} must be a whole number, not {value!r}")
    return value


def _named(names: Mapping[str, T], row: Row, field: str) -> T:
    """What a word of the row stands for."""
    word = row[field]
    if not isinstance(word, str) or word.upper() not in names:
        raise ScenarioError(f"{field} must be one of {', '.join(names).lower()}, not {word!r}")
    return names[word.upper()]


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no number")
    return value


def _displayed(side: BookSide) -> list[list[int]]:
    shown: dict[int, int] = {}
    for order in orders_of(side):
        shown[order.price] = shown.get(order.price, 0) + order.shown
    return [[price, quantity] for price, quantity in shown.items()]
