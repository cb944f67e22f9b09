"""New orders, cancels, and both in one: what the commands of our own API are for, asked for in Binance's words."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from msgspec.structs import replace

from engine_container.gateway.binance import errors, order_models
from engine_container.gateway.binance.asked import Asked, spot
from engine_container.gateway.binance.errors import BinanceError
from engine_container.gateway.binance.finding import order_named
from engine_container.gateway.binance.names import UNFILLED
from engine_container.gateway.binance.order_request import (
    as_binance,
    check_algo_orders,
    check_not_reached,
    client_order_id,
    place_request,
)
from engine_container.gateway.binance.params import Params
from engine_container.gateway.linking import replace_command
from engine_container.gateway.lookup import order_by_number
from engine_container.gateway.order_checks import CANCELLED, PLACED, REFUSED
from engine_container.gateway.placing import place_command
from engine_container.gateway.refusals import refusal
from engine_container.gateway.submit import Answer
from engine_container.views.orders import Order
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import RULES_WITH_ORDER_OPTIONS, AmendOrder, CancelAll, CancelOrder, PlaceOrder
from mycrypto.errors import ProblemError
from mycrypto.permissions import TRADING

REPEATED_MS_MAX: Final = 60_000
"""A new order that comes again this soon is a client's second try; later it is a mistake."""
_KINDS: Final = ("ACK", "RESULT", "FULL")
_RESTRICTIONS: Final = {"ONLY_NEW": "NEW", "ONLY_PARTIALLY_FILLED": "PARTIALLY_FILLED"}


@spot("post", "/api/v3/order", "Place an order", permission=TRADING, orders=1, message="order.place")
async def place(asked: Asked) -> dict[str, Any]:
    symbol = asked.symbol()
    request = place_request(asked.params, symbol)
    kind = response_kind(asked, request.type)
    return shown(asked, await placed(asked, request), kind)


async def placed(asked: Asked, request: api.PlaceOrderRequest) -> Order:
    """Carry out a new order. Raises what it was refused with."""
    command = new_command(asked, request)
    answers = await asked.gateway.submit([command], command.client_order_id)
    return await order_of(asked, answers[0])


def new_command(asked: Asked, request: api.PlaceOrderRequest) -> PlaceOrder:
    """The command of a new order. Raises what the gateway itself refuses it with."""
    command = as_binance(place_command(request, asked.views.symbols, asked.caller.user_id), asked.views)
    if asked.views.orders.by_client_id(asked.caller.user_id, command.client_order_id) is None:  # else it comes again, and was counted
        check_algo_orders(asked.views, command)
    return command


async def order_of(asked: Asked, answer: Answer) -> Order:
    """The order that a command brought. Raises what the engine refused."""
    orders = asked.gateway.views.orders
    for number, event in enumerate(answer.result.events, answer.first_seq):
        if isinstance(event, events.CommandRefused):
            raise refusal(event.code, event.details)
        if isinstance(event, events.OrderRejected):
            REFUSED.add(1, (event.code,))
            rejected = orders.get(number)
            if event.code in UNFILLED and rejected is not None:
                return rejected
            raise _refused(event)
        if isinstance(event, events.OrderAccepted):
            order = orders.get(number)
            if order is None:
                raise errors.internal()
            PLACED.add(1, (order.symbol,))
            return order
        if isinstance(event, events.OrderRepeated):
            return await _again(asked, event, answer.time_ms)
    raise errors.internal()


def _refused(event: events.OrderRejected) -> ProblemError | BinanceError:
    if event.code == "OPEN_ORDER_LIMIT":
        return errors.filter_failure("MAX_NUM_ORDERS" if event.details.get("scope") == "symbol" else "EXCHANGE_MAX_NUM_ORDERS")
    return refusal(event.code, event.details)


async def _again(asked: Asked, event: events.OrderRepeated, now_ms: int) -> Order:
    order = await order_by_number(asked.gateway, event.order, event.created_ms)
    if order is None or now_ms - event.created_ms > REPEATED_MS_MAX:
        raise errors.duplicate_order()
    if order.code and order.code not in UNFILLED:
        raise refusal(order.code, order.details or {})
    return order


def response_kind(asked: Asked, kind: str) -> str:
    text = asked.params.text("newOrderRespType")
    if text is None:
        return "FULL" if kind in {"MARKET", "LIMIT"} else "ACK"
    if text not in _KINDS:
        raise errors.invalid("newOrderRespType")
    return text


def shown(asked: Asked, order: Order, kind: str) -> dict[str, Any]:
    """Stays as it was when it was accepted: what others do to it afterwards is told by events."""
    if kind == "ACK":
        return order_models.acknowledged(order, order.updated_ms)
    if kind == "RESULT":
        told = order_models.result(order, order.updated_ms)
    else:
        told = order_models.full(order, order.updated_ms, asked.gateway.views.symbols.quote(order.symbol))
    chosen = asked.params.text("selfTradePreventionMode")
    return told if chosen is None else told | {"selfTradePreventionMode": chosen}


def test_weight(params: Params) -> int:
    return 20 if params.flag("computeCommissionRates", default=False) else 1


@spot("post", "/api/v3/order/test", "Look at an order and place nothing", permission=TRADING, weight=test_weight, message="order.test")
async def test(asked: Asked) -> dict[str, Any]:
    """Looks at an order as the gateway does, and places nothing."""
    symbol = asked.symbol()
    request = place_request(asked.params, symbol)
    response_kind(asked, request.type)
    check_not_reached(new_command(asked, request), asked.views)
    if not asked.params.flag("computeCommissionRates", default=False):
        return {}
    from engine_container.gateway.binance.account import commissions

    return commissions(asked, symbol, "standardCommissionForOrder", "specialCommissionForOrder", "taxCommissionForOrder")


@spot("delete", "/api/v3/order", "Cancel an order", permission=TRADING, message="order.cancel")
async def cancel(asked: Asked) -> dict[str, Any]:
    symbol = asked.symbol().symbol
    name = client_order_id(asked.params)
    order = await order_named(asked, symbol)
    if order is None:
        raise errors.unknown_order()
    check_restrictions(asked, order)
    return await cancelled(asked, order, name)


def check_restrictions(asked: Asked, order: Order) -> None:
    text = asked.params.text("cancelRestrictions")
    if text is None:
        return
    if text not in _RESTRICTIONS:
        raise errors.invalid("cancelRestrictions")
    if order_models.queried(order)["status"] != _RESTRICTIONS[text]:
        raise BinanceError(-2011, "Order was not canceled due to cancel restrictions.")


async def cancelled(asked: Asked, order: Order, name: str) -> dict[str, Any]:
    """Cancel an order, or the whole list that it is part of. Raises -2011 where nothing is open any more."""
    if order.is_final:
        raise errors.unknown_order()
    command = CancelOrder(new_uuid_bytes(), asked.caller.user_id, order.number)
    (answer,) = await asked.gateway.submit([command], order.client_order_id)
    return await _after_cancel(asked, order, answer, name)


async def _after_cancel(asked: Asked, order: Order, answer: Answer, name: str) -> dict[str, Any]:
    for event in answer.result.events:
        if isinstance(event, events.CommandRefused):
            raise errors.unknown_order() if event.code in {"ORDER_003", "ORDER_004"} else refusal(event.code, event.details)
    CANCELLED.add()
    ended = asked.gateway.views.orders.get(order.number) or order
    if ended.oco:
        from engine_container.gateway.binance.lists import reported

        return await reported(asked, ended, name)
    return order_models.cancelled(ended, answer.time_ms, name)


@spot("delete", "/api/v3/openOrders", "Cancel a symbol's orders", permission=TRADING, message="openOrders.cancelAll")
async def cancel_all(asked: Asked) -> list[dict[str, Any]]:
    """Every open order of a symbol."""
    symbol = asked.symbol().symbol
    own = [order.number for order in asked.views.orders.of(asked.caller.user_id) if order.symbol == symbol and not order.is_final]
    if not own:
        raise errors.unknown_order()
    answer = await asked.gateway.submit_silent(CancelAll(new_uuid_bytes(), asked.caller.user_id, symbol), asked.caller.user_id)
    for event in answer.result.events:
        if isinstance(event, events.CommandRefused):
            raise refusal(event.code, event.details)
    orders = asked.gateway.views.orders
    ended = [order for order in map(orders.get, own) if order is not None and order.reason == "USER"]
    CANCELLED.add(len(ended))
    return [order_models.cancelled(order, order.updated_ms, client_order_id(asked.params)) for order in ended]


@spot("put", "/api/v3/order/amend/keepPriority", "Less of an order", permission=TRADING, weight=4, message="order.amend.keepPriority")
async def amend(asked: Asked) -> dict[str, Any]:
    """Less of an order, which keeps its place."""
    symbol = asked.symbol().symbol
    total = asked.params.units("newQty")
    if total is None:
        raise errors.missing("newQty")
    order = await order_named(asked, symbol)
    if order is None or order.is_final:
        raise errors.no_such_order()
    if order.filled >= total or total >= order.quantity:
        raise errors.not_less()
    by_total = asked.views.rules_version >= RULES_WITH_ORDER_OPTIONS
    quantity, total_quantity = (0, total) if by_total else (total - order.filled, 0)
    command = AmendOrder(new_uuid_bytes(), asked.caller.user_id, order.number, quantity=quantity, total_quantity=total_quantity)
    (answer,) = await asked.gateway.submit([command], order.client_order_id)
    for event in answer.result.events:
        if isinstance(event, events.CommandRefused):
            if event.code == "INVALID_ORDER":  # it was filled that far meanwhile
                raise errors.not_less()
            raise refusal(event.code, event.details)
    amended = asked.gateway.views.orders.get(order.number) or order
    return {
        "transactTime": answer.time_ms,
        "executionId": answer.first_seq,
        "amendedOrder": order_models.queried(amended) | {"origClientOrderId": order.client_order_id},
    }


@spot(
    "post",
    "/api/v3/order/cancelReplace",
    "Put an order in the place of another",
    permission=TRADING,
    orders=1,
    message="order.cancelReplace",
)
async def cancel_replace(asked: Asked) -> dict[str, Any]:
    """Another order in the place of one. With STOP_ON_FAILURE in one step; with ALLOW_FAILURE the new one is placed whatever the cancel says."""
    params = asked.params
    symbol = asked.symbol()
    mode = params.needed("cancelReplaceMode")
    if mode not in {"STOP_ON_FAILURE", "ALLOW_FAILURE"}:
        raise errors.invalid("cancelReplaceMode")
    request = place_request(params, symbol)
    kind = response_kind(asked, request.type)
    name = client_order_id(params, "cancelNewClientOrderId")
    order = await order_named(asked, symbol.symbol, "cancelOrderId", "cancelOrigClientOrderId")
    if mode == "ALLOW_FAILURE":
        return await _cancel_and_place(asked, order, request, kind, name)
    if order is None or order.is_final:
        raise _failed("FAILURE", errors.unknown_order().body(), "NOT_ATTEMPTED", None)
    check_restrictions(asked, order)
    fields = {field: getattr(request, field) for field in api.ReplaceOrderRequest.__struct_fields__}
    command = replace_command(api.ReplaceOrderRequest(**fields), order, asked.views.symbols, asked.caller.user_id)
    command = replace(command, replacement=as_binance(command.replacement, asked.views))
    (answer,) = await asked.gateway.submit([command], request.client_order_id or "")
    first = answer.result.events[0]
    if isinstance(first, events.CommandRepeated) or (isinstance(first, events.CommandRefused) and first.code in {"ORDER_003", "ORDER_004"}):
        raise _failed("FAILURE", errors.unknown_order().body(), "NOT_ATTEMPTED", None)
    gone = asked.gateway.views.orders.get(order.number) or order
    told = order_models.cancelled(gone, answer.time_ms, name)
    try:
        new = await order_of(asked, answer)
    except (BinanceError, ProblemError) as error:
        raise _failed("SUCCESS", told, "FAILURE", _body(error)) from None
    return _both("SUCCESS", told, "SUCCESS", shown(asked, new, kind))


async def _cancel_and_place(asked: Asked, order: Order | None, request: api.PlaceOrderRequest, kind: str, name: str) -> dict[str, Any]:
    """Both travel in one record, so that nothing of the caller's comes between them."""
    cancel_result, told = "SUCCESS", {}
    place = new_command(asked, request)
    try:
        if order is None or order.is_final:
            raise errors.unknown_order()
        check_restrictions(asked, order)
    except BinanceError as error:
        cancel_result, told = "FAILURE", error.body()
        (answer,) = await asked.gateway.submit([place], place.client_order_id)
    else:
        cancel = CancelOrder(new_uuid_bytes(), asked.caller.user_id, order.number)
        first, answer = await asked.gateway.submit([cancel, place], place.client_order_id)
        try:
            told = await _after_cancel(asked, order, first, name)
        except (BinanceError, ProblemError) as error:
            cancel_result, told = "FAILURE", _body(error)
    try:
        new = shown(asked, await order_of(asked, answer), kind)
    except (BinanceError, ProblemError) as error:
        raise _failed(cancel_result, told, "FAILURE", _body(error)) from None
    if cancel_result == "FAILURE":
        raise _failed(cancel_result, told, "SUCCESS", new)
    return _both(cancel_result, told, "SUCCESS", new)


def _body(error: BinanceError | ProblemError) -> dict[str, Any]:
    return (errors.of_problem(error) if isinstance(error, ProblemError) else error).body()


def _both(cancel_result: str, told: Any, new_result: str, new: Any) -> dict[str, Any]:
    return {"cancelResult": cancel_result, "newOrderResult": new_result, "cancelResponse": told, "newOrderResponse": new}


def _failed(cancel_result: str, told: Any, new_result: str, new: Any) -> BinanceError:
    data = _both(cancel_result, told, new_result, new)
    if "SUCCESS" in {cancel_result, new_result}:
        return BinanceError(-2021, "Order cancel-replace partially failed.", HTTPStatus.CONFLICT, data=data)
    return BinanceError(-2022, "Order cancel-replace failed.", data=data)
