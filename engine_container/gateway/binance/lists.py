"""Order lists: pairs of orders of which one cancels the other (OCO)."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from engine_container.gateway.binance import errors, order_models
from engine_container.gateway.binance.account import period_of
from engine_container.gateway.binance.asked import Asked, spot
from engine_container.gateway.binance.exchange_info import ORDER_LISTS_MAX
from engine_container.gateway.binance.finding import order_numbered
from engine_container.gateway.binance.market import END, LIST_DEFAULT, LIST_MAX
from engine_container.gateway.binance.names import OUR_TYPES, list_id
from engine_container.gateway.binance.order_request import (
    as_binance,
    check_algo_orders,
    check_iceberg,
    client_order_id,
    prevention_of,
    shown,
    side_of,
    time_in_force_of,
    trail_of,
    type_of,
)
from engine_container.gateway.binance.params import Params
from engine_container.gateway.binance.placing import cancelled
from engine_container.gateway.linking import oco_command
from engine_container.gateway.lookup import order_by_client_id, order_by_number
from engine_container.gateway.order_checks import PLACED, REFUSED
from engine_container.gateway.refusals import refusal, refusal_of
from engine_container.views.orders import Order
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import PlaceOco
from mycrypto.permissions import READING, TRADING

ORDERS_OF_LIST: Final = 2
_LEG_TYPES: Final = frozenset({"LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})


@spot("post", "/api/v3/orderList/oco", "Place an order list (OCO)", permission=TRADING, orders=2, message="orderList.place.oco")
async def place_list(asked: Asked) -> dict[str, Any]:
    """``orderList/oco``: an order above the market and one below it."""
    legs = [_leg(asked.params, "above"), _leg(asked.params, "below")]
    return await _placed(asked, legs)


@spot("post", "/api/v3/order/oco", "Place an order list (OCO), the older form", permission=TRADING, orders=2, message="orderList.place")
async def place_old(asked: Asked) -> dict[str, Any]:
    """``order/oco``, the older form: a limit order and a stop."""
    params = asked.params
    stop_limit = params.units("stopLimitPrice")
    stop = params.units("stopPrice")
    price = params.units("price")
    if price is None or stop is None:
        raise errors.missing("price" if price is None else "stopPrice")
    if stop_limit is not None:
        params.needed("stopLimitTimeInForce")
    time_in_force = time_in_force_of(params.text("stopLimitTimeInForce"))
    legs = [
        api.OcoLeg(
            type="STOP_LIMIT" if stop_limit is not None else "STOP",
            price=shown(stop_limit),
            stop_price=shown(stop),
            time_in_force=time_in_force,  # type: ignore[arg-type] # one of three that are ours too
            client_order_id=client_order_id(params, "stopClientOrderId"),
            display_quantity=shown(_iceberg(params, "stopIcebergQty", time_in_force)),
        ),
        api.OcoLeg(
            type="LIMIT",
            post_only=True,
            price=shown(price),
            client_order_id=client_order_id(params, "limitClientOrderId"),
            display_quantity=shown(_iceberg(params, "limitIcebergQty", "GTC")),
        ),
    ]
    return await _placed(asked, legs)


def _iceberg(params: Params, name: str, time_in_force: str | None) -> int | None:
    iceberg = params.units(name)
    check_iceberg(iceberg, params.units("quantity"), time_in_force)
    return iceberg


def _leg(params: Params, side: str) -> api.OcoLeg:
    kind = type_of(params, f"{side}Type")
    if kind not in _LEG_TYPES:
        raise errors.BinanceError(-1116, "Invalid orderType.")
    price, stop = params.units(f"{side}Price"), params.units(f"{side}StopPrice")
    trail = trail_of(params, f"{side}TrailingDelta")
    has_price, waits = kind.endswith(("LIMIT", "MAKER")), kind != "LIMIT_MAKER"
    if has_price is (price is None):
        raise errors.missing(f"{side}Price") if has_price else errors.not_required(f"{side}Price")
    if waits and stop is None and trail is None:
        raise errors.missing(f"{side}StopPrice")
    for name, given in (("StopPrice", stop), ("TrailingDelta", trail)):
        if not waits and given is not None:
            raise errors.not_required(f"{side}{name}")
    if kind.endswith("_LIMIT"):
        params.needed(f"{side}TimeInForce")
    elif f"{side}TimeInForce" in params:
        raise errors.not_required(f"{side}TimeInForce")
    time_in_force = time_in_force_of(params.text(f"{side}TimeInForce"))
    iceberg = _iceberg(params, f"{side}IcebergQty", time_in_force if kind != "LIMIT_MAKER" else "GTC")
    return api.OcoLeg(
        type=OUR_TYPES[kind],  # type: ignore[arg-type] # the table has our names alone
        price=shown(price),
        time_in_force=time_in_force,  # type: ignore[arg-type] # one of three that are ours too
        post_only=kind == "LIMIT_MAKER",
        client_order_id=client_order_id(params, f"{side}ClientOrderId"),
        stop_price=shown(stop) if trail is None else None,
        display_quantity=shown(iceberg),
        trail_bps=trail,
        activation_price=shown(stop) if trail is not None else None,
    )


async def _placed(asked: Asked, legs: list[api.OcoLeg]) -> dict[str, Any]:
    params = asked.params
    symbol = asked.symbol()
    quantity = params.units("quantity")
    if quantity is None:
        raise errors.missing("quantity")
    name = client_order_id(params, "listClientOrderId")
    request = api.PlaceOcoRequest(
        symbol=symbol.symbol,
        side=side_of(params),
        quantity=shown(quantity) or "",
        orders=legs,
        list_client_order_id=name,
        self_trade_prevention=prevention_of(params),  # type: ignore[arg-type] # one of ours
    )
    command = oco_command(request, asked.views.symbols, asked.caller.user_id)
    command = replace(command, first=as_binance(command.first, asked.views), second=as_binance(command.second, asked.views))
    _check_room(asked, command)
    (answer,) = await asked.gateway.submit([command], command.first.client_order_id)
    orders: list[Order] = []
    for number, event in enumerate(answer.result.events, answer.first_seq):
        if isinstance(event, events.CommandRefused | events.OrderRejected):
            REFUSED.add(1, (event.code,))
            raise refusal(event.code, event.details)
        order = None
        if isinstance(event, events.OrderAccepted):
            order = asked.gateway.views.orders.get(number)
            PLACED.add(1, (symbol.symbol,))
        elif isinstance(event, events.OrderRepeated):
            order = await order_by_number(asked.gateway, event.order, event.created_ms)
            if order is not None and (problem := refusal_of(order)) is not None:
                raise problem
        if order is not None:
            orders.append(order)
    if len(orders) != ORDERS_OF_LIST:
        raise errors.internal()
    reports = [order_models.result(order, answer.time_ms) for order in orders]
    return order_models.order_list(orders, name) | {"transactionTime": answer.time_ms, "orderReports": reports}


def _check_room(asked: Asked, command: PlaceOco) -> None:
    """As many lists as ``exchangeInfo`` says; one that comes again was counted."""
    orders, user_id = asked.views.orders, asked.caller.user_id
    if orders.by_client_id(user_id, command.first.client_order_id) is not None:
        return
    own = {list_id(order) for order in orders.of(user_id) if order.oco and not order.is_final and order.symbol == command.first.symbol}
    if len(own) >= ORDER_LISTS_MAX:
        raise errors.filter_failure("MAX_NUM_ORDER_LISTS")
    for leg in (command.first, command.second):
        check_algo_orders(asked.views, leg)


async def pair_of(asked: Asked, order: Order) -> list[Order]:
    """Both orders of a list, the first one first."""
    sibling = await order_by_number(asked.gateway, order.oco, order.created_ms) if order.oco else None
    return sorted([order, *([sibling] if sibling is not None else [])], key=lambda each: each.number)


async def reported(asked: Asked, order: Order, name: str) -> dict[str, Any]:
    """A list that was cancelled."""
    pair = await pair_of(asked, order)
    reports = [order_models.cancelled(each, each.updated_ms, name) for each in pair]
    return order_models.order_list(pair) | {"orderReports": reports}


async def _named(asked: Asked) -> Order | None:
    """An order of the list that the parameters name: by its number, by its name where that is its number, or by either order's name."""
    number = asked.params.optional_integer("orderListId")
    name = asked.params.text("origClientOrderId") or asked.params.text("listClientOrderId")
    if number is None and name is None:
        raise errors.BinanceError(-1102, "Param 'origClientOrderId' or 'orderListId' must be sent, but both were empty/null!")
    if number is None and name is not None:
        if not name.isdigit():
            named = await order_by_client_id(asked.gateway, asked.caller, name)
            return named if named.oco else None
        number = int(name)
    order = await order_numbered(asked, number or 0)
    return order if order is not None and order.oco and list_id(order) == number else None


@spot("get", "/api/v3/orderList", "An order list", permission=READING, weight=4, message="orderList.status")
async def get_list(asked: Asked) -> dict[str, Any]:
    order = await _named(asked)
    if order is None:
        raise errors.BinanceError(-2018, "Order list does not exist.")
    return order_models.order_list(await pair_of(asked, order))


@spot("delete", "/api/v3/orderList", "Cancel an order list", permission=TRADING, message="orderList.cancel")
async def cancel_list(asked: Asked) -> dict[str, Any]:
    symbol = asked.symbol().symbol
    order = await _named(asked)
    open_one = None
    if order is not None and order.symbol == symbol:
        open_one = next((each for each in await pair_of(asked, order) if not each.is_final), None)
    if open_one is None:
        raise errors.unknown_order()
    return await cancelled(asked, open_one, client_order_id(asked.params))


@spot("get", "/api/v3/openOrderList", "Open order lists", permission=READING, weight=6, message="openOrderLists.status")
async def open_lists(asked: Asked) -> list[dict[str, Any]]:
    own = [order for order in asked.views.orders.of(asked.caller.user_id) if order.oco and not order.is_final]
    return await _lists(asked, own)


@spot("get", "/api/v3/allOrderList", "Order lists", permission=READING, weight=20, message="allOrderLists")
async def all_lists(asked: Asked) -> list[dict[str, Any]]:
    """Oldest first: from a list on, of a period, or the newest."""
    params = asked.params
    limit = params.integer("limit", LIST_DEFAULT, 1, LIST_MAX)
    first = params.optional_integer("fromId")
    period = period_of(params)
    if first is not None and period != (0, END):
        raise errors.BinanceError(-1128, "Combination of optional parameters invalid.")
    user_id = asked.caller.user_id
    newest = first is None and period == (0, END)
    found = [order for order in asked.views.orders.of(user_id) if order.oco]
    history = asked.gateway.history
    if history is not None and asked.views.orders.evicted_seq:
        known = {order.number for order in found}
        most = ORDERS_OF_LIST * limit + len(known)
        found += [
            order for order in await history.linked_orders(user_id, first or 0, period, most, newest=newest) if order.number not in known
        ]
    shown = [order for order in found if list_id(order) >= (first or 0) and period[0] <= order.created_ms < period[1]]
    numbers = sorted({list_id(order) for order in shown})
    wanted = set(numbers[-limit:] if newest else numbers[:limit])
    return await _lists(asked, [order for order in shown if list_id(order) in wanted])


async def _lists(asked: Asked, orders: list[Order]) -> list[dict[str, Any]]:
    """The lists of these orders; the other order of one is looked up where it is not among them."""
    by_number = {order.number: order for order in orders}
    pairs = {list_id(order): [order, by_number[order.oco]] if order.oco in by_number else await pair_of(asked, order) for order in orders}
    return [order_models.order_list(sorted(pairs[number], key=lambda each: each.number)) for number in sorted(pairs)]
