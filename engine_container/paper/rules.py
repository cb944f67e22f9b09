"""The rules of paper trading: what an order must keep to, what it locks, which public trade fills it, and at what price.

Pure: no clock, no random source, no database. Prices, quantities and amounts are units of 10^-8, times epoch milliseconds. A fill is a
function of the order (its slippage was drawn when it was placed) and the public trades after it, however often it is worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from mycrypto.contracts.commands import PlaceOrder
from mycrypto.contracts.events import SymbolChanged
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, SymbolStatus, TimeInForce
from mycrypto.money import AMOUNT_UNITS_MAX, BPS, PPM, UNITS_PER_ONE, fee_units, notional_units

MAKER_FEE_PPM: Final = 500
TAKER_FEE_PPM: Final = 1_000
SLIPPAGE_PPM_MAX: Final = 1_000
OPEN_ORDERS_MAX: Final = 100
OPEN_ORDERS_PER_SYMBOL_MAX: Final = 20
BAR_MS: Final = 60_000
ROOM_BPS: Final = 1_000
"""How much dearer than expected a market BUY may become and still be paid from what it locked, where the symbol has no band."""
START: Final[Mapping[str, int]] = {"TRY": 1_000_000 * UNITS_PER_ONE, "USDT": 100_000 * UNITS_PER_ONE}
"""What a paper account begins with, and has again after a reset."""

_WITH_LIMIT: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_WITH_STOP: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_TYPES: Final = _WITH_LIMIT | _WITH_STOP | {OrderType.MARKET}


class PaperRefusedError(Exception):
    """A code of the error catalogue and its figures, amounts in units."""

    def __init__(self, code: str, **details: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class PublicTrade(NamedTuple):
    """What is public of a trade on the live market."""

    number: int
    time_ms: int
    price: int


class PaperOrder(msgspec.Struct, frozen=True):
    """An open order as the filling needs it. ``locked`` is quote for a BUY and base for a SELL."""

    number: int
    user_id: bytes
    symbol: str
    side: Side
    type: OrderType
    status: OrderStatus
    quantity: int
    quote_quantity: int
    price: int
    stop_price: int
    tick: int
    lot: int
    slippage_ppm: int
    locked: int
    after_seq: int
    after_ms: int

    @property
    def base(self) -> str:
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        return self.symbol.rpartition("/")[2]

    @property
    def locked_asset(self) -> str:
        return self.quote if self.side is Side.BUY else self.base


class Reaction(NamedTuple):
    """The public trades that triggered and that filled an order."""

    triggered: PublicTrade | None
    filled: PublicTrade | None


class Fill(NamedTuple):
    """The one trade of an order; ``value`` and ``fee`` are in quote units."""

    price: int
    quantity: int
    value: int
    fee: int
    is_maker: bool


def check(command: PlaceOrder, symbol: SymbolChanged, last_price: int) -> None:
    """The rules of the live market, where they make sense without a book. ``last_price`` 0: nothing was traded yet.

    Raises :class:`PaperRefusedError`.
    """
    if symbol.status is not SymbolStatus.ACTIVE:
        raise PaperRefusedError("MARKET_CLOSED", symbol=symbol.symbol, symbol_status=int(symbol.status), resume_ms=symbol.resume_ms)
    _check_combination(command)
    greatest = max(command.quantity, command.price, command.quote_quantity, command.stop_price)
    _check_size(greatest)
    if command.quantity and (command.quantity % symbol.lot or not symbol.quantity_min <= command.quantity <= symbol.quantity_max):
        figures = {"minimum": symbol.quantity_min, "maximum": symbol.quantity_max, "step": symbol.lot}
        raise PaperRefusedError("INVALID_QUANTITY", quantity=command.quantity, **figures)
    for price in (command.price, command.stop_price):
        if price % symbol.tick:
            raise PaperRefusedError("ORDER_002", price=price, tick=symbol.tick)
    if command.type is OrderType.MARKET and not last_price:
        raise PaperRefusedError("NO_LIQUIDITY", reason="nothing was traded yet, so the cost is not known")
    value = command.quote_quantity or notional_units(_expected_price(command, symbol, last_price), command.quantity)
    _check_size(value)
    if value < symbol.notional_min:
        raise PaperRefusedError("MIN_NOTIONAL", required=symbol.notional_min, notional=value)
    if command.type is OrderType.LIMIT and symbol.band_bps and last_price:
        lowest, highest = (last_price * (BPS + step) for step in (-symbol.band_bps, symbol.band_bps))
        if not lowest <= command.price * BPS <= highest:
            figures = {"lowest": -(-lowest // BPS), "highest": highest // BPS, "last_price": last_price}
            raise PaperRefusedError("PRICE_BAND", price=command.price, **figures)


def _check_combination(command: PlaceOrder) -> None:
    if command.type not in _TYPES:
        raise PaperRefusedError("INVALID_ORDER", reason="paper orders are LIMIT, MARKET, STOP or STOP_LIMIT")
    if command.time_in_force is not (TimeInForce.IOC if command.type is OrderType.MARKET else TimeInForce.GTC):
        raise PaperRefusedError("INVALID_ORDER", reason="paper orders wait until they are filled or cancelled: leave time_in_force away")
    if command.post_only or command.display_quantity:
        raise PaperRefusedError("INVALID_ORDER", reason="paper orders stand in no book: post_only and display_quantity mean nothing")
    if command.trail_bps:
        raise PaperRefusedError("INVALID_ORDER", reason="a paper stop waits for a stop_price: trail_bps and activation_price mean nothing")
    if command.quote_quantity and command.side is Side.SELL:
        raise PaperRefusedError("INVALID_ORDER", reason="a paper SELL is given by its quantity")


def _check_size(units: int) -> None:
    if units > AMOUNT_UNITS_MAX:
        raise PaperRefusedError("INVALID_ORDER", reason="the order is too large", maximum=AMOUNT_UNITS_MAX)


def _expected_price(command: PlaceOrder, symbol: SymbolChanged, last_price: int) -> int:
    return command.price or command.stop_price or _up_to_tick(last_price, symbol.tick)


def need(command: PlaceOrder, symbol: SymbolChanged, last_price: int) -> int:
    """What a checked order locks: base for a SELL; for a BUY quote, with its fee, and with room for what a market order cannot know."""
    if command.side is Side.SELL:
        return command.quantity
    if command.type in _WITH_LIMIT:
        value, fee_ppm = notional_units(command.price, command.quantity), MAKER_FEE_PPM
    elif command.quote_quantity:
        value, fee_ppm = command.quote_quantity, TAKER_FEE_PPM
    else:
        expected = _expected_price(command, symbol, last_price)
        dearest = -(-expected * (BPS + (symbol.band_bps or ROOM_BPS)) // BPS)
        value, fee_ppm = notional_units(_up_to_tick(dearest, symbol.tick), command.quantity), TAKER_FEE_PPM
    total = value + fee_units(value, fee_ppm)
    _check_size(total)
    return total


def first_status(kind: OrderType) -> OrderStatus:
    return OrderStatus.PENDING_TRIGGER if kind in _WITH_STOP else OrderStatus.OPEN


def waits_for_a_bar(kind: OrderType) -> bool:
    """Whether an order, once triggered, is filled at the next bar's open; the others are filled when their limit is touched."""
    return kind not in _WITH_LIMIT


def triggered(order: PaperOrder, trade: PublicTrade) -> PaperOrder:
    """The order once this trade has reached its stop: only later trades concern it, and a bar that it waits for is a later one."""
    status = OrderStatus.TRIGGERED if waits_for_a_bar(order.type) else OrderStatus.OPEN
    return replace(order, status=status, after_seq=trade.number, after_ms=trade.time_ms)


def react(order: PaperOrder, trades: Iterable[PublicTrade]) -> Reaction:
    """What the trades of the order's symbol, in the order of their numbers, make of it."""
    trigger: PublicTrade | None = None
    for trade in trades:
        if trade.number <= order.after_seq:
            continue
        if order.status is OrderStatus.PENDING_TRIGGER:
            if _reaches(trade.price, order.stop_price, upwards=order.side is Side.BUY):
                order, trigger = triggered(order, trade), trade
        elif waits_for_a_bar(order.type):
            if trade.time_ms // BAR_MS > order.after_ms // BAR_MS:
                return Reaction(trigger, trade)
        elif _reaches(trade.price, order.price, upwards=order.side is Side.SELL):
            return Reaction(trigger, trade)
    return Reaction(trigger, None)


def _reaches(price: int, bound: int, *, upwards: bool) -> bool:
    return price >= bound if upwards else price <= bound


def fill(order: PaperOrder, trade: PublicTrade) -> Fill | None:
    """The fill by this trade: at the limit, or at the bar's open made worse by the slippage. ``None``: its value does not buy one lot."""
    is_maker = not waits_for_a_bar(order.type)
    price = order.price if is_maker else slipped(trade.price, order)
    quantity = order.quantity or order.quote_quantity // notional_units(price, order.lot) * order.lot
    if not quantity:
        return None
    value = notional_units(price, quantity)
    return Fill(price, quantity, value, fee_units(value, MAKER_FEE_PPM if is_maker else TAKER_FEE_PPM), is_maker)


def slipped(price: int, order: PaperOrder) -> int:
    """The price made worse for the order by its slippage, on the tick and never by more."""
    if order.side is Side.BUY:
        dearer = price * (PPM + order.slippage_ppm) // PPM
        return max(dearer // order.tick, 1) * order.tick
    return _up_to_tick(-(-price * (PPM - order.slippage_ppm) // PPM), order.tick)


def _up_to_tick(price: int, tick: int) -> int:
    return -(-price // tick) * tick


class PaperWallet:
    """A user's balances while orders are settled: available and locked by asset."""

    def __init__(self, balances: Mapping[str, tuple[int, int]] | None = None) -> None:
        self.balances = dict(balances or {})

    def move(self, asset: str, available: int, locked: int) -> None:
        before = self.balances.get(asset, (0, 0))
        self.balances[asset] = (before[0] + available, before[1] + locked)

    def release(self, order: PaperOrder) -> None:
        """The order ends without a fill."""
        self.move(order.locked_asset, order.locked, -order.locked)

    def settle(self, order: PaperOrder, done: Fill) -> bool:
        """Pay for the fill; ``False``, and nothing moved, if a market BUY became dearer than what it locked and the user has."""
        if order.side is Side.SELL:
            self.move(order.base, 0, -order.locked)
            self.move(order.quote, done.value - done.fee, 0)
            return True
        rest = order.locked - done.value - done.fee
        if self.balances.get(order.quote, (0, 0))[0] + rest < 0:
            return False
        self.move(order.quote, rest, -order.locked)
        self.move(order.base, done.quantity, 0)
        return True
