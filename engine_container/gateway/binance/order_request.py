"""From the parameters of a new order to a request as our own API takes it."""

from __future__ import annotations

import secrets
from typing import Final

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.exchange_info import ICEBERG_PARTS_MAX
from engine_container.gateway.binance.names import CLIENT_ORDER_ID, ORDER_TYPES, OUR_TYPES, PREVENTIONS, SIDES, TIMES_IN_FORCE
from engine_container.gateway.binance.params import Params
from engine_container.views.projection import Projection
from mycrypto.contracts import api
from mycrypto.contracts.events import SymbolChanged
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
_ALLOWED: Final = {
    "LIMIT": frozenset({"timeInForce", "quantity", "price", "icebergQty"}),
    "LIMIT_MAKER": frozenset({"quantity", "price", "icebergQty"}),
    "MARKET": frozenset({"quantity", "quoteOrderQty"}),
    "STOP_LOSS": frozenset({"quantity", "stopPrice", "trailingDelta"}),
    "STOP_LOSS_LIMIT": frozenset({"timeInForce", "quantity", "price", "stopPrice", "icebergQty"}),
    "TAKE_PROFIT": frozenset({"quantity", "stopPrice"}),
    "TAKE_PROFIT_LIMIT": frozenset({"timeInForce", "quantity", "price", "stopPrice", "icebergQty"}),
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


def place_request(params: Params, symbol: SymbolChanged, views: Projection) -> api.PlaceOrderRequest:
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
    trail = params.optional_integer("trailingDelta")
    if trail is not None and not 0 < trail < 10_000:
        raise errors.filter_failure("TRAILING_DELTA")
    check_iceberg(iceberg, quantity, time_in_force if kind != "LIMIT_MAKER" else "GTC")
    if stop is not None and trail is None:
        check_not_passed(views, symbol.symbol, kind, side, stop)
    return api.PlaceOrderRequest(
        symbol=symbol.symbol,
        side=side,
        type="TRAILING_STOP" if trail is not None else OUR_TYPES[kind],  # type: ignore[arg-type] # the table has our names alone
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


def check_iceberg(iceberg: int | None, quantity: int | None, time_in_force: str | None) -> None:
    if iceberg is None:
        return
    if time_in_force != "GTC":
        raise errors.BinanceError(-1013, "Iceberg orders must be GTC.")
    if quantity is None or iceberg > quantity or -(-quantity // iceberg) > ICEBERG_PARTS_MAX:
        raise errors.filter_failure("ICEBERG_PARTS")


def check_not_passed(views: Projection, symbol: str, kind: str, side: str, stop: int) -> None:
    """A stop whose price is there already is refused by Binance; the engine would fire it at once."""
    last = views.last_price(symbol)
    if last is None:
        return
    rises = (side == "BUY") is kind.startswith("STOP")
    if last >= stop if rises else last <= stop:
        raise errors.BinanceError(-2010, "Stop price would trigger immediately.")
