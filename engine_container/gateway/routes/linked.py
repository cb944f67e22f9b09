"""Replacing orders, and OCOs: one by one, in batches, and looked up and cancelled as a pair."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from engine_container.gateway.auth import Caller
from engine_container.gateway.linking import oco_command, replace_command
from engine_container.gateway.lookup import order_by_client_id, order_by_id, order_by_number
from engine_container.gateway.order_checks import CANCELLED, PLACED, REFUSED, check_own, ended, model
from engine_container.gateway.order_query import check_one_name
from engine_container.gateway.parts import Gateway
from engine_container.gateway.refusals import refusal, refusal_of
from engine_container.gateway.routes.shared import BATCH_ERRORS, FOUND_ERRORS, ORDER_ERRORS
from engine_container.gateway.submit import Answer
from engine_container.views.orders import Order
from engine_container.views.rendering import oco_link, order_id
from engine_container.views.response_templates import placed_model
from engine_container.web.call import BodyDecoder, Call, Reply
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from engine_container.web.steps import finish
from mycrypto import permissions
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import CancelOrder, Command
from mycrypto.errors import ProblemError
from mycrypto.http.operation import Operation

ORDERS_OF_OCO: Final = 2

_REPLACE: Final = BodyDecoder(api.ReplaceOrderRequest)
_OCO: Final = BodyDecoder(api.PlaceOcoRequest)
_BATCH_REPLACE: Final = BodyDecoder(api.BatchReplaceRequest)
_BATCH_REPLACE_ITEM: Final = BodyDecoder(api.BatchReplaceItem)
_BATCH_OCO: Final = BodyDecoder(api.BatchOcoRequest)

LinkedAnswer = api.Replaced | api.PlacedOco


class Begun(msgspec.Struct, frozen=True):
    """A command that may be sent, and what to make of the engine's answer to it. ``name`` is what to ask for if none comes."""

    command: Command
    name: str
    told: Callable[[Answer, int], Awaitable[LinkedAnswer]]


class Linked:
    """The endpoints for commands about two orders."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def _trader(self, call: Call, orders: int = 1) -> Caller:
        """Who trades, charged for so many orders."""
        caller = self._gateway.caller(call)
        call.query()
        if orders > 1:
            call.tell(await finish(self._gateway.admission.charge(caller, orders - 1)))
        return caller

    @Operation(
        method="post",
        path="/api/v1/orders/{order_id}/replace",
        name="replaceOrder",
        summary="Cancel an order and place another in its place, in one step",
        tag="orders",
        answer=api.Replaced,
        status=201,
        body=api.ReplaceOrderRequest,
        errors=(*ORDER_ERRORS, "ORDER_003", "ORDER_004"),
        permission=permissions.PLACING,
    )
    async def replace(self, call: Call) -> Reply:
        caller = await self._trader(call)
        return Reply(await self.replace_one(caller, call.path_params["order_id"], None, await _json(call)), 201)

    @Operation(
        method="post",
        path="/api/v1/orders/oco",
        name="placeOco",
        summary="Place two orders of which one cancels the other",
        tag="orders",
        answer=api.PlacedOco,
        status=201,
        body=api.PlaceOcoRequest,
        errors=ORDER_ERRORS,
        permission=permissions.PLACING,
    )
    async def place_oco(self, call: Call) -> Reply:
        caller = await self._trader(call, ORDERS_OF_OCO)
        return Reply(await self.place_pair(caller, await _json(call)), 201)

    async def replace_one(self, caller: Caller, named: str | None, client_order_id: str | None, raw: bytes | msgspec.Raw) -> LinkedAnswer:
        """Put the order that a JSON text describes in the place of the one named either way."""
        request = _REPLACE.decode(raw)
        check_one_name(named, client_order_id)
        if named is not None:
            order = await order_by_id(self._gateway, caller, named)
        else:
            order = await order_by_client_id(self._gateway, caller, client_order_id or "")
        return await self._carry_out(self._begin_replace(caller, order, request))

    async def place_pair(self, caller: Caller, raw: bytes | msgspec.Raw) -> LinkedAnswer:
        """Place the OCO that a JSON text describes."""
        return await self._carry_out(self._begin_oco(caller, raw))

    async def charge_pair(self, caller: Caller) -> None:
        """Take the token of an OCO's second order; that of the first is taken. Raises RATE_LIMIT_EXCEEDED."""
        await finish(self._gateway.admission.charge(caller, ORDERS_OF_OCO - 1))

    async def _carry_out(self, begun: Begun) -> LinkedAnswer:
        answers = await self._gateway.submit([begun.command], begun.name)
        return await begun.told(answers[0], api.LISTED_MAX)

    def _begin_replace(self, caller: Caller, order: Order, request: api.ReplaceOrderRequest) -> Begun:
        check_own(caller, order)
        name = request.client_order_id
        if name is None and order.is_final:
            raise ended(order)
        views = self._gateway.require_views()
        bearer = views.orders.by_client_id(caller.user_id, name) if name is not None else None
        if bearer is not None and refusal_of(bearer) is None and bearer.replaces != order.number:
            # the engine would say so too, and the order would be gone
            raise refusal("IDEMPOTENCY_CONFLICT", {"client_order_id": bearer.client_order_id})
        command = replace_command(request, order, views.symbols, caller.user_id)

        async def told(answer: Answer, most: int) -> LinkedAnswer:
            return await self._replaced(order, answer, most)

        return Begun(command, command.replacement.client_order_id, told)

    def _begin_oco(self, caller: Caller, raw: bytes | msgspec.Raw) -> Begun:
        request = _OCO.decode(raw)
        command = oco_command(request, self._gateway.require_views().symbols, caller.user_id)

        async def told(answer: Answer, most: int) -> LinkedAnswer:
            return await self._paired(request.list_client_order_id, answer, most)

        return Begun(command, command.first.client_order_id, told)

    async def _orders_of(self, answer: Answer) -> tuple[list[Order], bool]:
        """The orders that a result names, and whether they had been placed before. Raises what the engine refused."""
        found: list[Order] = []
        repeated = False
        order: Order | None
        for number, event in enumerate(answer.result.events, answer.first_seq):
            if isinstance(event, events.CommandRefused):
                raise refusal(event.code, event.details)
            if isinstance(event, events.OrderAccepted | events.OrderRejected):
                order = self._gateway.views.orders.get(number)
            elif isinstance(event, events.OrderRepeated):
                repeated = True
                order = await order_by_number(self._gateway, event.order, event.created_ms)
            else:
                continue
            if order is None:
                raise ProblemError("IDEMPOTENCY_CONFLICT", "the id was used for an order that is no longer kept")
            found.append(order)
        return found, repeated

    async def _replaced(self, target: Order, answer: Answer, most: int) -> api.Replaced:
        old = self._gateway.views.orders.get(target.number) or target
        first = answer.result.events[0]
        if isinstance(first, events.CommandRepeated) or (isinstance(first, events.CommandRefused) and first.code == "ORDER_004"):
            raise ended(old)  # nothing else is refused before anything is placed, and an order that has ended stays as it is
        orders, repeated = await self._orders_of(answer)
        order = orders[0]
        refused = refusal_of(order)
        if refused is not None:
            REFUSED.add(1, (order.code,))
            refused.extra["cancelled_order_id"] = order_id(old, self._gateway.shard)
            raise refused
        if not repeated:
            PLACED.add(1, (order.symbol,))
        placed = self._placed(order, most)
        return api.Replaced(model(self._gateway, old), placed.order, placed.trades, repeated, placed.trades_link)

    async def _paired(self, name: str | None, answer: Answer, most: int) -> api.PlacedOco:
        orders, repeated = await self._orders_of(answer)
        if len(orders) != ORDERS_OF_OCO:
            raise ProblemError("TRADE_001", "no pair of orders came of it")
        refused = refusal_of(orders[0])
        if refused is not None:
            REFUSED.add(1, (orders[0].code,))
            raise refused
        if not repeated:
            PLACED.add(len(orders), (orders[0].symbol,))
        placed = [self._placed(order, most) for order in orders]
        trades = [trade for each in placed for trade in each.trades]
        links = [each.trades_link for each in placed if each.trades_link is not msgspec.UNSET]
        return api.PlacedOco(
            placed[0].order.id, name, [each.order for each in placed], trades, repeated, links[0] if links else msgspec.UNSET
        )

    def _placed(self, order: Order, most: int) -> api.Placed:
        return placed_model(order, self._gateway.views.symbols.quote(order.symbol), self._gateway.shard, most=most)

    # a pair

    @Operation(
        method="get",
        path="/api/v1/orders/oco/{list_id}",
        name="getOco",
        summary="Both orders of an OCO with their fills, by the pair's id or that of either",
        tag="orders",
        answer=api.Oco,
        errors=FOUND_ERRORS,
        permission=permissions.READING,
    )
    async def get_oco(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        return Reply(self._oco(await self._pair(caller, call.path_params["list_id"])))

    @Operation(
        method="delete",
        path="/api/v1/orders/oco/{list_id}",
        name="cancelOco",
        summary="Cancel both orders of an OCO",
        tag="orders",
        answer=api.Oco,
        errors=FOUND_ERRORS,
        permission=permissions.TRADING,
    )
    async def cancel_oco(self, call: Call) -> Reply:
        """Cancel both: the engine cancels one with the other."""
        caller = await self._trader(call)
        pair = await self._pair(caller, call.path_params["list_id"])
        for order in pair:
            check_own(caller, order)
        open_one = next((order for order in pair if not order.is_final), None)
        if open_one is None:
            raise ended(pair[0])
        command = CancelOrder(new_uuid_bytes(), caller.user_id, open_one.number)
        (answer,) = await self._gateway.submit([command], open_one.client_order_id)
        await self._orders_of(answer)
        CANCELLED.add(sum(isinstance(event, events.OrderClosed) for event in answer.result.events))
        views = self._gateway.views
        return Reply(self._oco([views.orders.get(order.number) or order for order in pair]))

    async def _pair(self, caller: Caller, list_id: str) -> list[Order]:
        """Both orders, by the id of the pair or of either. Raises ORDER_003."""
        order = await order_by_id(self._gateway, caller, list_id)
        sibling = await order_by_number(self._gateway, order.oco, order.created_ms) if order.oco else None
        if sibling is None:
            raise ProblemError("ORDER_003", "there is no such OCO")
        return sorted((order, sibling), key=lambda each: each.number)

    def _oco(self, pair: Sequence[Order]) -> api.Oco:
        return api.Oco(oco_link(pair[0], self._gateway.shard).list_id, [model(self._gateway, order, with_fills=True) for order in pair])

    # batches

    @Operation(
        method="post",
        path="/api/v1/orders/batch/replace",
        name="replaceOrders",
        summary="Replace up to 50 orders; each is judged for itself",
        tag="orders",
        answer=api.LinkedResult,
        body=api.BatchReplaceRequest,
        errors=BATCH_ERRORS,
        permission=permissions.PLACING,
    )
    async def replace_batch(self, call: Call) -> Reply:
        """Each item is judged for itself; the good ones travel in one record."""
        caller = await self._trader(call)
        items = (await _BATCH_REPLACE.read(call)).orders

        async def begin(raw: msgspec.Raw) -> Begun:
            item = _BATCH_REPLACE_ITEM.decode(raw)
            return self._begin_replace(caller, await order_by_id(self._gateway, caller, item.order_id), item)

        return await self._batch(call, caller, items, 1, begin)

    @Operation(
        method="post",
        path="/api/v1/orders/batch/oco",
        name="placeOcos",
        summary="Place up to 25 OCOs; each is judged for itself",
        tag="orders",
        answer=api.LinkedResult,
        body=api.BatchOcoRequest,
        errors=BATCH_ERRORS,
        permission=permissions.PLACING,
    )
    async def place_oco_batch(self, call: Call) -> Reply:
        """As :meth:`replace_batch`."""
        caller = await self._trader(call)
        items = (await _BATCH_OCO.read(call)).orders

        async def begin(raw: msgspec.Raw) -> Begun:
            return self._begin_oco(caller, raw)

        return await self._batch(call, caller, items, ORDERS_OF_OCO, begin)

    async def _batch(
        self, call: Call, caller: Caller, items: Sequence[msgspec.Raw], orders_each: int, begin: Callable[[msgspec.Raw], Awaitable[Begun]]
    ) -> Reply:
        orders = len(items) * orders_each
        call.tell(await finish(self._gateway.admission.charge_batch(caller, orders)))
        results: dict[int, api.LinkedItem] = {}

        def failed(index: int, problem: ProblemError) -> api.LinkedItem:
            return api.LinkedItem(index, problem.kind.status, error=problem.body(instance=call.path, trace_id=call.trace_id))

        begun: dict[int, Begun] = {}
        for index, raw in enumerate(items):
            try:
                begun[index] = await begin(raw)
            except ProblemError as problem:
                results[index] = failed(index, problem)
        answers = await self._gateway.submit([each.command for each in begun.values()]) if begun else []
        for (index, each), answer in zip(begun.items(), answers, strict=True):
            try:
                told = await each.told(answer, api.LISTED_MAX // len(begun))
            except ProblemError as problem:
                results[index] = failed(index, problem)
            else:
                results[index] = (
                    api.LinkedItem(index, 201, replaced=told) if isinstance(told, api.Replaced) else api.LinkedItem(index, 201, oco=told)
                )
        return Reply(api.LinkedResult([results[index] for index in range(len(items))]))


async def _json(call: Call) -> bytes:
    await call.body()
    return call.json_bytes()
