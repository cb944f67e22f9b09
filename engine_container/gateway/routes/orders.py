"""Cancelling, amending and finding orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from engine_container.gateway.auth import Caller
from engine_container.gateway.lookup import list_orders, order_by_client_id, order_by_id
from engine_container.gateway.order_checks import CANCELLED, check_changeable, failed_item, model
from engine_container.gateway.order_query import STATUSES, check_one_name, order_filter, order_list, parse_side
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import amount, known_symbol
from engine_container.gateway.refusals import refusal
from engine_container.gateway.routes.paper import Paper, by_mode, by_order_id
from engine_container.gateway.routes.shared import CURSOR, CURSOR_RULE, FOUND_ERRORS, LIMIT, MODE, ORDER_ERRORS, SYMBOL
from engine_container.gateway.submit import Answer
from engine_container.trade_history.pages import parse_page
from engine_container.views.orders import Order
from engine_container.web.call import BodyDecoder, Call, Reply
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from engine_container.web.steps import finish
from mycrypto import permissions
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import AmendOrder, CancelAll, CancelOrder
from mycrypto.contracts.trading import Side
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.operation import MOMENT, Operation, Parameter

_AMEND: Final = BodyDecoder(api.AmendOrderRequest)
_BATCH_CANCEL: Final = BodyDecoder(api.BatchCancelRequest)

_LIST_QUERY: Final = (
    SYMBOL,
    Parameter("status", "string", "One status, several with commas, or ACTIVE for all that are not final", shape={"pattern": STATUSES}),
    Parameter("side", "string", "BUY or SELL"),
    Parameter("type", "string", "The order's type"),
    Parameter("start_date", "string", "Created at or after this ISO-8601 time", shape=MOMENT),
    Parameter("end_date", "string", "Created before this ISO-8601 time; a date: until its end", shape=MOMENT),
    Parameter("client_order_id", "string", "The order of this name"),
    Parameter(
        "user_id", "string", "For staff: another user's orders, or * for everybody's", shape={"anyOf": [{"format": "uuid"}, {"const": "*"}]}
    ),
    LIMIT,
    CURSOR,
    Parameter("offset", "integer", "Instead of a cursor; the page then tells the total"),
    Parameter("sort", "string", "created_at:desc (the default), created_at:asc, price:desc, price:asc"),
    MODE,
)


class Orders:
    """The endpoints under ``/api/v1/orders`` for orders that exist."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.paper = Paper(gateway)

    def _trader(self, call: Call) -> Caller:
        """Who trades, in a request with no other parameters than these: one that was not meant for us is no order."""
        call.query()
        return self._gateway.caller(call)

    @Operation(
        method="get",
        path="/api/v1/orders/{order_id}",
        name="getOrder",
        summary="An order with its fills",
        tag="orders",
        answer=api.Order,
        errors=FOUND_ERRORS,
        permission=permissions.READING,
    )
    @by_order_id(Paper.get)
    async def get(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        order = await order_by_id(self._gateway, caller, call.path_params["order_id"])
        return Reply(model(self._gateway, order, with_fills=True))

    @Operation(
        method="get",
        path="/api/v1/orders/by-client-id/{client_order_id}",
        name="getOrderByClientId",
        summary="An own order by its client_order_id",
        tag="orders",
        answer=api.Order,
        parameters=(MODE,),
        errors=FOUND_ERRORS,
        permission=permissions.READING,
    )
    @by_mode(Paper.get_by_client_id)
    async def get_by_client_id(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        order = await order_by_client_id(self._gateway, caller, call.path_params["client_order_id"])
        return Reply(model(self._gateway, order, with_fills=True))

    @Operation(
        method="delete",
        path="/api/v1/orders/{order_id}",
        name="cancelOrder",
        summary="Cancel an order",
        tag="orders",
        answer=api.Order,
        errors=FOUND_ERRORS,
        permission=permissions.TRADING,
    )
    @by_order_id(Paper.cancel)
    async def cancel(self, call: Call) -> Reply:
        caller = self._trader(call)
        order = await order_by_id(self._gateway, caller, call.path_params["order_id"])
        return Reply(await self._cancel(caller, order))

    @Operation(
        method="delete",
        path="/api/v1/orders/by-client-id/{client_order_id}",
        name="cancelOrderByClientId",
        summary="Cancel by client_order_id",
        tag="orders",
        answer=api.Order,
        parameters=(MODE,),
        errors=FOUND_ERRORS,
        permission=permissions.TRADING,
    )
    @by_mode(Paper.cancel_by_client_id)
    async def cancel_by_client_id(self, call: Call) -> Reply:
        caller = self._trader(call)
        order = await order_by_client_id(self._gateway, caller, call.path_params["client_order_id"])
        return Reply(await self._cancel(caller, order))

    async def _cancel(self, caller: Caller, order: Order) -> api.Order:
        command = self._cancel_command(caller, order)
        answers = await self._gateway.submit([command], order.client_order_id)
        return await self._cancelled(order, answers[0])

    @staticmethod
    def _cancel_command(caller: Caller, order: Order) -> CancelOrder:
        check_changeable(caller, order)
        return CancelOrder(new_uuid_bytes(), caller.user_id, order.number)

    async def _cancelled(self, order: Order, answer: Answer) -> api.Order:
        changed = self._changed(order, answer)
        CANCELLED.add()
        return changed

    @Operation(
        method="patch",
        path="/api/v1/orders/{order_id}",
        name="amendOrder",
        summary="Change what remains open, and the price",
        tag="orders",
        answer=api.Order,
        body=api.AmendOrderRequest,
        errors=(*FOUND_ERRORS, *ORDER_ERRORS[2:9], "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
        permission=permissions.PLACING,
    )
    @by_order_id(Paper.amend)
    async def amend(self, call: Call) -> Reply:
        caller = self._trader(call)
        request = await _AMEND.read(call)
        if request.remaining_quantity is None and request.price is None:
            raise invalid("remaining_quantity", "or price is required")
        quantity, price = amount("remaining_quantity", request.remaining_quantity), amount("price", request.price)
        order = await order_by_id(self._gateway, caller, call.path_params["order_id"])
        check_changeable(caller, order)
        command = AmendOrder(new_uuid_bytes(), caller.user_id, order.number, quantity=quantity, price=price)
        answers = await self._gateway.submit([command], order.client_order_id)
        return Reply(self._changed(order, answers[0]))

    def _changed(self, order: Order, answer: Answer) -> api.Order:
        """The order after a command about it; raises the engine's refusal."""
        for event in answer.result.events:
            if isinstance(event, events.CommandRefused):
                raise refusal(event.code, event.details)
        return model(self._gateway, self._gateway.views.orders.get(order.number) or order, with_fills=True)

    @Operation(
        method="delete",
        path="/api/v1/orders",
        name="cancelAllOrders",
        summary="Cancel all own open orders",
        tag="orders",
        answer=api.Cancelled,
        parameters=(SYMBOL, Parameter("side", "string", "Only this side"), MODE),
        errors=("VALIDATION_ERROR", "ORDER_001", "OUTCOME_UNKNOWN", "COMMAND_FAILED"),
        permission=permissions.TRADING,
    )
    @by_mode(Paper.cancel_all)
    async def cancel_all(self, call: Call) -> Reply:
        caller = self._trader(call)
        query = call.query()
        return Reply(await self.cancel_every(caller, query.get("symbol"), parse_side(query.get("side"))))

    async def cancel_one(self, caller: Caller, order_id: str | None, client_order_id: str | None) -> api.Order:
        """Cancel by either name."""
        check_one_name(order_id, client_order_id)
        if order_id is not None:
            return await self._cancel(caller, await order_by_id(self._gateway, caller, order_id))
        return await self._cancel(caller, await order_by_client_id(self._gateway, caller, client_order_id or ""))

    async def cancel_every(self, caller: Caller, symbol: str | None, side: Side | None) -> api.Cancelled:
        """Cancel all of a user's open orders, or those of a symbol or side."""
        name = known_symbol(self._gateway.require_views().symbols, symbol).symbol if symbol is not None else ""
        command = CancelAll(new_uuid_bytes(), caller.user_id, name, side)
        answer = await self._gateway.submit_silent(command, caller.user_id)
        closed: list[api.Order] = []
        count = answer.closed
        for event in answer.result.events:
            if isinstance(event, events.CommandRefused):
                raise refusal(event.code, event.details)
            if isinstance(event, events.OrderClosed):
                count += 1
                order = self._gateway.views.orders.get(event.order) if count <= api.LISTED_MAX else None
                if order is not None:
                    closed.append(model(self._gateway, order))
        CANCELLED.add(count)
        return api.Cancelled(count, closed)

    @Operation(
        method="get",
        path="/api/v1/orders",
        name="listOrders",
        summary="Own orders",
        tag="orders",
        answer=api.OrderList,
        parameters=_LIST_QUERY,
        rules=CURSOR_RULE,
        errors=("VALIDATION_ERROR", "ORDER_001"),
        permission=permissions.READING,
    )
    @by_mode(Paper.list)
    async def list(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        query = call.query()
        page = parse_page(query)
        wanted = order_filter(self._gateway.require_views().symbols, caller, query)
        orders, total = await list_orders(self._gateway, wanted, page)
        return Reply(order_list(orders, total, wanted, page, lambda order: model(self._gateway, order)))

    @Operation(
        method="post",
        path="/api/v1/orders/batch/cancel",
        name="cancelOrders",
        summary="Cancel up to 50 orders by either name",
        tag="orders",
        answer=api.BatchResult,
        body=api.BatchCancelRequest,
        errors=("VALIDATION_ERROR", "BATCH_TOO_LARGE", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "OUTCOME_UNKNOWN"),
        permission=permissions.TRADING,
    )
    async def cancel_batch(self, call: Call) -> Reply:
        """Orders by id, then by client_order_id; one record in the log, one result per item."""
        caller = self._trader(call)
        request = await _BATCH_CANCEL.read(call)
        finders: list[Callable[[], Awaitable[Order]]] = [
            *(lambda text=text: order_by_id(self._gateway, caller, text) for text in request.order_ids),
            *(lambda text=text: order_by_client_id(self._gateway, caller, text) for text in request.client_order_ids),
        ]
        call.tell(await finish(self._gateway.admission.charge_batch(caller, len(finders))))
        results: dict[int, api.BatchItem] = {}
        found: dict[int, tuple[Order, CancelOrder]] = {}
        for index, find in enumerate(finders):
            try:
                order = await find()
                found[index] = (order, self._cancel_command(caller, order))
            except ProblemError as problem:
                results[index] = failed_item(call.path, call.trace_id, index, problem)
        if found:
            answers = await self._gateway.submit([command for _, command in found.values()])
            for (index, (order, _)), answer in zip(found.items(), answers, strict=True):
                results[index] = await _settled(call.path, call.trace_id, index, self._cancelled_item(index, order, answer))
        return Reply(api.BatchResult([results[index] for index in range(len(finders))]))

    async def _cancelled_item(self, index: int, order: Order, answer: Answer) -> api.BatchItem:
        return api.BatchItem(index, 200, order=await self._cancelled(order, answer))


async def _settled(path: str, trace_id: str, index: int, item: Awaitable[api.BatchItem]) -> api.BatchItem:
    try:
        return await item
    except ProblemError as problem:
        return failed_item(path, trace_id, index, problem)
