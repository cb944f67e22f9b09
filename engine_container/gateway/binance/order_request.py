"""From the parameters of a new order to a request as our own API takes it."""

from __future__ import annotations

import secrets
from typing import Final

from msgspec.structs import replace

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.exchange_info import ALGO_ORDERS_MAX, ICEBERG_PARTS_MAX, TRAILING_MAX, TRAILING_MIN
from engine_container.gateway.binance.names import CLIENT_ORDER_ID, ORDER_TYPES, OUR_TYPES, PREVENTIONS, SIDES, TIMES_IN_FORCE
from engine_container.gateway.binance.params import Params
from engine_container.views.projection import Projection
from mycrypto.contracts import api
from mycrypto.contracts.commands import RULES_WITH_ORDER_OPTIONS, PlaceOrder
from mycrypto.contracts.events import SymbolChanged
from mycrypto.contracts.trading import OrderType, Side
from mycrypto.errors import ProblemError
from mycrypto.money import format_amount

CLIENT_ID_LEGAL: Final = "^[a-zA-Z0-9-_]{1,36}$"
_NEEDED: Final = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "LIMIT_MAKER": ("quantity", "price"),
    "MARKET": (),
    "STOP_LOSS": ("quantity",),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price"),
    "TAKE_PROFIT": ("quantity",),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price"),
}
_CONDITIONAL: Final = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})
_WAITING: Final = frozenset(
    {
        OrderType.STOP,
        OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT,
        OrderType.TAKE_PROFIT_LIMIT,
        OrderType.TRAILING_STOP,
    }
)
_ALLOWED: Final = {
    "LIMIT": frozenset({"timeInForce", "quantity", "price", "icebergQty"}),
    "LIMIT_MAKER": frozenset({"quantity", "price", "icebergQty"}),
    "MARKET": frozenset({"quantity", "quoteOrderQty"}),
    "STOP_LOSS": frozenset({"quantity", "stopPrice", "trailingDelta"}),
    "STOP_LOSS_LIMIT": frozenset({"timeInForce", "quantity", "price", "stopPrice", "trailingDelta", "icebergQty"}),
    "TAKE_PROFIT": frozenset({"quantity", "stopPrice", "trailingDelta"}),
    "TAKE_PROFIT_LIMIT": frozenset({"timeInForce", "quantity", "price", "stopPrice", "trailingDelta", "icebergQty"}),
}
_OPTIONAL: Final = ("timeInForce", "quantity", "quoteOrderQty", "price", "stopPrice", "trailingDelta", "icebergQty")
_UNSUPPORTED: Final = ("pegPriceType", "pegOffsetValue", "pegOffsetType")


def client_order_id(params: Params, name: str = "newClientOrderId") -> str:
    """The client's own name of an order; made up where it has none."""
    text = params.text(name)
    if text is None:
        return secrets.token_urlsafe(16)
    if CLIENT_ORDER_ID.fullmatch(text) is None:
        raise errors.illegal(name, CLIENT_ID_LEGAL)
    return text


def side_of(params: Params) -> api.SideName:
    text = params.needed("side")
    if text not in SIDES:
        raise errors.BinanceError(-1117, "Invalid side.")
    return "BUY" if text == "BUY" else "SELL"


def type_of(params: Params, name: str = "type") -> str:
    text = params.needed(name)
    if text not in ORDER_TYPES:
        raise errors.BinanceError(-1116, "Invalid orderType.")
    return text


def time_in_force_of(text: str | None) -> str | None:
    if text is not None and text not in TIMES_IN_FORCE:
        raise errors.BinanceError(-1115, "Invalid timeInForce.")
    return text


def prevention_of(params: Params) -> str:
    text = params.text("selfTradePreventionMode")
    if text is None:
        return "ACCOUNT"
    if text not in PREVENTIONS:
        raise errors.invalid("selfTradePreventionMode")
    return PREVENTIONS[text]


def shown(units: int | None) -> str | None:
    """As our own API writes amounts."""
    return None if units is None else format_amount(units)


def place_request(params: Params, symbol: SymbolChanged) -> api.PlaceOrderRequest:
    """Raises what is wrong with it, in Binance's words; nothing was done."""
    side = side_of(params)
    kind = type_of(params)
    for name in _UNSUPPORTED:
        if name in params:
            raise errors.unsupported("A pegged order")
    given = {name for name in _OPTIONAL if name in params}
    for name in _NEEDED[kind]:
        params.needed(name)
    if kind in _CONDITIONAL and not given & {"stopPrice", "trailingDelta"}:
        raise errors.missing("stopPrice")
    if kind == "MARKET" and not given & {"quantity", "quoteOrderQty"}:
        raise errors.missing("quantity")
    if kind == "MARKET" and {"quantity", "quoteOrderQty"} <= given:
        raise errors.not_required("quoteOrderQty")
    for name in _OPTIONAL:
        if name in given - _ALLOWED[kind]:
            raise errors.not_required(name)
    time_in_force = time_in_force_of(params.text("timeInForce"))
    quantity, price, stop, iceberg = (params.units(name) for name in ("quantity", "price", "stopPrice", "icebergQty"))
    trail = trail_of(params, "trailingDelta")
    check_iceberg(iceberg, quantity, time_in_force if kind != "LIMIT_MAKER" else "GTC")
    return api.PlaceOrderRequest(
        symbol=symbol.symbol,
        side=side,
        type=OUR_TYPES[kind],  # type: ignore[arg-type] # the table has our names alone
        quantity=shown(quantity),
        quote_quantity=shown(params.units("quoteOrderQty")),
        price=shown(price),
        time_in_force=time_in_force,  # type: ignore[arg-type] # one of three that are ours too
        post_only=kind == "LIMIT_MAKER",
        client_order_id=client_order_id(params),
        self_trade_prevention=prevention_of(params),  # type: ignore[arg-type] # as above
        stop_price=shown(stop) if trail is None else None,
        display_quantity=shown(iceberg),
        trail_bps=trail,
        activation_price=shown(stop) if trail is not None else None,
    )


def trail_of(params: Params, name: str) -> int | None:
    """The distance in basis points at which an order follows the price."""
    trail = params.optional_integer(name)
    if trail is not None and not TRAILING_MIN <= trail <= TRAILING_MAX:
        raise errors.filter_failure("TRAILING_DELTA")
    return trail


def as_binance(command: PlaceOrder, views: Projection) -> PlaceOrder:
    """What Binance has otherwise: the value of a market BUY pays its fee too, and a stop price that is reached already is refused."""
    if views.rules_version < RULES_WITH_ORDER_OPTIONS:
        return command
    pays_fee = command.quote_quantity > 0 and command.side is Side.BUY
    return replace(command, fee_included=pays_fee, refused_if_reached=command.stop_price > 0)


def check_iceberg(iceberg: int | None, quantity: int | None, time_in_force: str | None) -> None:
    if iceberg is None:
        return
    if time_in_force != "GTC":
        raise errors.BinanceError(-1013, "Iceberg orders must be GTC.")
    if quantity is None or iceberg > quantity or -(-quantity // iceberg) > ICEBERG_PARTS_MAX:
        raise errors.filter_failure("ICEBERG_PARTS")


def check_algo_orders(views: Projection, command: PlaceOrder) -> None:
    """As many orders as ``exchangeInfo`` says may wait for a price, in one symbol; the engine counts open orders of every kind."""
    if command.type not in _WAITING:
        return
    waiting = (order for order in views.orders.of(command.user_id) if order.symbol == command.symbol and order.type in _WAITING)
    if sum(not order.is_final for order in waiting) >= ALGO_ORDERS_MAX:
        raise errors.filter_failure("MAX_NUM_ALGO_ORDERS")


def check_not_reached(command: PlaceOrder, views: Projection) -> None:
    """What the engine would say of a stop price, as far as the gateway knows the last price."""
    last = views.last_price(command.symbol)
    if last is None or not command.refused_if_reached:
        return
    rises = (command.side is Side.BUY) is (command.type in {OrderType.STOP, OrderType.STOP_LIMIT})
    if last >= command.stop_price if rises else last <= command.stop_price:
        raise ProblemError("STOP_PRICE_REACHED")
