"""Placing, cancelling and finding orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from engine_container.gateway.auth import Caller
from engine_container.gateway.history import OrderFilter
from engine_container.gateway.limits import Use
from engine_container.gateway.lookup import list_orders, order_by_client_id, order_by_id
from engine_container.gateway.pages import Position, cursor_text, parse_page
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import amount, known_symbol, parse_time, place_command
from engine_container.gateway.refusals import refusal
from engine_container.gateway.submit import Answer
from engine_container.metrics import Counter, Histogram
from engine_container.views.orders import Order
from engine_container.views.projection import Projection
from engine_container.views.rendering import fill_model, order_model
from engine_container.web.call import BodyDecoder, Call, Reply
from engine_container.web.edge import DURATIONS
from engine_container.web.quick_ids import new_uuid_bytes
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import AmendOrder, CancelAll, CancelOrder, PlaceOrder
from mycrypto.contracts.trading import FINAL_STATUSES, OrderStatus, OrderType, Side
from mycrypto.errors import ProblemError, invalid

V = TypeVar("V")

PLACED: Final = Counter("orders_placed_total")
REFUSED: Final = Counter("orders_rejected_total")
CANCELLED: Final = Counter("orders_cancelled_total")
PROCESSING: Final = Histogram("order_processing_duration_seconds", of=DURATIONS, only=("POST", "/api/v1/orders"))

_PLACE: Final = BodyDecoder(api.PlaceOrderRequest)
_AMEND: Final = BodyDecoder(api.AmendOrderRequest)
_BATCH_PLACE: Final = BodyDecoder(api.BatchPlaceRequest)
_BATCH_CANCEL: Final = BodyDecoder(api.BatchCancelRequest)
_LIST: Final = frozenset(
    {"symbol", "status", "side", "type", "start_date", "end_date", "client_order_id", "user_id", "limit", "cursor", "offset", "sort"}
)
SORTS: Final = {
    "created_at:desc": (False, False),
    "created_at:asc": (False, True),
    "price:desc": (True, False),
    "price:asc": (True, True),
}
_OPEN_STATUSES: Final = frozenset(OrderStatus) - FINAL_STATUSES


def model(gateway: Gateway, order: Order, *, with_fills: bool = False) -> api.Order:
    return order_model(order, quote_of(gateway.views, order.symbol), gateway.shard, with_fills=with_fills)


def quote_of(views: Projection, symbol: str) -> str:
    return views.symbols.rules(symbol).quote if symbol in views.symbols else symbol.rpartition("/")[2]


class Orders:
    """The endpoints under ``/api/v1/orders``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def _trader(self, call: Call) -> Caller:
        caller = await self._gateway.caller(call, trades=True)
        caller.require_trader()
        return caller

    async def place(self, call: Call) -> Reply:
        caller = await self._trader(call)
        return Reply(await self.place_one(caller, await call.json_bytes()), 201)

    async def place_one(self, caller: Caller, raw: bytes | msgspec.Raw) -> api.Placed:
        """Place the order that a JSON text describes."""
        command = place_command(_PLACE.decode(raw), self._gateway.require_views().symbols, caller.user_id)
        answers = await self._gateway.submit([command], command.client_order_id)
        return await self._placed(command, answers[0])

    async def _placed(self, command: PlaceOrder, answer: Answer) -> api.Placed:
        """The engine's answer to a new order; raises its refusal."""
        number = answer.first_seq
        for event in answer.result.events:
            if isinstance(event, events.OrderAccepted):
                return self._accepted(number)
            if isinstance(event, events.OrderRejected):
                REFUSED.add(1, (event.code,))
                raise refusal(event.code, event.details)
            if isinstance(event, events.OrderRepeated):
                return await self._repeated(event)
            number += 1
        raise ProblemError("TRADE_001", f"no order came of it (client_order_id {command.client_order_id})")

    def _accepted(self, number: int) -> api.Placed:
        order = self._gateway.views.orders.get(number)
        if order is None:
            raise ProblemError("TRADE_001", "the order is not in the views")
        PLACED.add(1, (order.symbol,))
        quote = quote_of(self._gateway.views, order.symbol)
        trades = [fill_model(fill, quote, self._gateway.shard) for fill in order.fills if not fill.is_maker]
        return api.Placed(order_model(order, quote, self._gateway.shard), trades)

    async def _repeated(self, event: events.OrderRepeated) -> api.Placed:
        order = self._gateway.views.orders.get(event.order)
        if order is None and self._gateway.history is not None:
            order = await self._gateway.history.order(event.created_ms, event.order)
        if order is None:
            raise ProblemError("IDEMPOTENCY_CONFLICT", "the client_order_id was used for an order that is no longer kept")
        quote = quote_of(self._gateway.views, order.symbol)
        trades = [fill_model(fill, quote, self._gateway.shard) for fill in order.fills if not fill.is_maker]
        return api.Placed(order_model(order, quote, self._gateway.shard), trades, duplicate=True)

    async def get(self, call: Call) -> Reply:
        caller = await self._gateway.caller(call)
        order = await order_by_id(self._gateway, caller, call.path_params["order_id"])
        return Reply(model(self._gateway, order, with_fills=True))

    async def get_by_client_id(self, call: Call) -> Reply:
        caller = await self._gateway.caller(call)
        order = await order_by_client_id(self._gateway, caller, call.path_params["client_order_id"])
        return Reply(model(self._gateway, order, with_fills=True))

    async def cancel(self, call: Call) -> Reply:
        caller = await self._trader(call)
        order = await order_by_id(self._gateway, caller, call.path_params["order_id"])
        return Reply(await self._cancel(caller, order))

    async def cancel_by_client_id(self, call: Call) -> Reply:
        caller = await self._trader(call)
        order = await order_by_client_id(self._gateway, caller, call.path_params["client_order_id"])
        return Reply(await self._cancel(caller, order))

    async def _cancel(self, caller: Caller, order: Order) -> api.Order:
        command = self._cancel_command(caller, order)
        answers = await self._gateway.submit([command], order.client_order_id)
        return await self._cancelled(order, answers[0])

    @staticmethod
    def _cancel_command(caller: Caller, order: Order) -> CancelOrder:
        _check_changeable(caller, order)
        return CancelOrder(new_uuid_bytes(), caller.user_id, order.number)

    async def _cancelled(self, order: Order, answer: Answer) -> api.Order:
        changed = self._changed(order, answer)
        CANCELLED.add()
        return changed

    async def amend(self, call: Call) -> Reply:
        caller = await self._trader(call)
        request = await _AMEND.read(call)
        if request.remaining_quantity is None and request.price is None:
            raise invalid("remaining_quantity", "or price is required")
        quantity, price = amount("remaining_quantity", request.remaining_quantity), amount("price", request.price)
        order = await order_by_id(self._gateway, caller, call.path_params["order_id"])
        _check_changeable(caller, order)
        command = AmendOrder(new_uuid_bytes(), caller.user_id, order.number, quantity=quantity, price=price)
        answers = await self._gateway.submit([command], order.client_order_id)
        return Reply(self._changed(order, answers[0]))

    def _changed(self, order: Order, answer: Answer) -> api.Order:
        """The order after a command about it; raises the engine's refusal."""
        for event in answer.result.events:
            if isinstance(event, events.CommandRefused):
                raise refusal(event.code, event.details)
        return model(self._gateway, self._gateway.views.orders.get(order.number) or order, with_fills=True)

    async def cancel_all(self, call: Call) -> Reply:
        caller = await self._trader(call)
        query = call.query(frozenset({"symbol", "side"}))
        return Reply(await self.cancel_every(caller, query.get("symbol"), _side(query.get("side"))))

    async def cancel_one(self, caller: Caller, order_id: str | None, client_order_id: str | None) -> api.Order:
        """Cancel by either name."""
        if (order_id is None) is (client_order_id is None):
            raise invalid("order_id", "or client_order_id is required, and only one of them")
        if order_id is not None:
            return await self._cancel(caller, await order_by_id(self._gateway, caller, order_id))
        return await self._cancel(caller, await order_by_client_id(self._gateway, caller, client_order_id or ""))

    async def cancel_every(self, caller: Caller, symbol: str | None, side: Side | None) -> api.Cancelled:
        """Cancel all of a user's open orders, or those of a symbol or side."""
        name = known_symbol(self._gateway.require_views().symbols, symbol).symbol if symbol is not None else ""
        command = CancelAll(new_uuid_bytes(), caller.user_id, name, side)
        answer = await self._gateway.submit_silent(command, caller.user_id)
        closed: list[api.Order] = []
        for event in answer.result.events:
            if isinstance(event, events.CommandRefused):
                raise refusal(event.code, event.details)
            if isinstance(event, events.OrderClosed) and event.user_id == caller.user_id:
                order = self._gateway.views.orders.get(event.order)
                if order is not None:
                    closed.append(model(self._gateway, order))
        CANCELLED.add(len(closed))
        return api.Cancelled(len(closed), closed)

    async def list(self, call: Call) -> Reply:
        caller = await self._gateway.caller(call)
        query = call.query(_LIST)
        page = parse_page(query)
        wanted = self._filter(caller, query)
        orders, total = await list_orders(self._gateway, wanted, page)
        shown, has_next = orders[: page.limit], len(orders) > page.limit
        cursor = cursor_text(Position(wanted.key(shown[-1]), shown[-1].number)) if has_next else None
        offset = {} if page.offset is None or total is None else {"offset": page.offset, "total": total}
        return Reply(
            api.OrderList([model(self._gateway, order) for order in shown], api.Pagination(page.limit, has_next, cursor, **offset))
        )

    def _filter(self, caller: Caller, query: dict[str, str]) -> OrderFilter:
        views = self._gateway.require_views()
        user_id: bytes | None = caller.user_id
        if "user_id" in query:
            user_id = _staff_filter(caller, query["user_id"])
        by_price, ascending = _choice("sort", query.get("sort", "created_at:desc"), SORTS)
        symbol = query.get("symbol")
        return OrderFilter(
            user_id=user_id,
            symbol=None if symbol is None else known_symbol(views.symbols, symbol).symbol,
            statuses=_statuses(query.get("status")),
            side=_side(query.get("side")),
            type=None if query.get("type") is None else _choice("type", query["type"], OrderType.__members__),
            client_order_id=query.get("client_order_id"),
            from_ms=parse_time("start_date", query["start_date"]) if "start_date" in query else None,
            to_ms=parse_time("end_date", query["end_date"]) if "end_date" in query else None,
            by_price=by_price,
            ascending=ascending,
        )

    async def place_batch(self, call: Call) -> Reply:
        """Each item is judged for itself; the good ones travel in one record."""
        caller = await self._trader(call)
        items = (await _BATCH_PLACE.read(call)).orders
        return Reply(await self.place_many(caller, items, call.path, call.trace_id))

    async def place_many(self, caller: Caller, items: Sequence[msgspec.Raw], path: str, trace_id: str) -> api.BatchResult:
        """The results of up to 50 new orders, in their order."""
        _check_batch(len(items))
        await self._gateway.limits.spend(caller.user_id, caller.tier, Use.ORDERS, len(items) - 1)
        symbols = self._gateway.require_views().symbols
        results: dict[int, api.BatchItem] = {}
        commands: dict[int, PlaceOrder] = {}
        for index, raw in enumerate(items):
            try:
                commands[index] = place_command(_PLACE.decode(raw), symbols, caller.user_id)
            except ProblemError as problem:
                results[index] = _failed(path, trace_id, index, problem)
        if commands:
            answers = await self._gateway.submit(list(commands.values()))
            for (index, command), answer in zip(commands.items(), answers, strict=True):
                results[index] = await _settled(path, trace_id, index, self._placed_item(index, command, answer))
        return api.BatchResult([results[index] for index in range(len(items))])

    async def _placed_item(self, index: int, command: PlaceOrder, answer: Answer) -> api.BatchItem:
        placed = await self._placed(command, answer)
        return api.BatchItem(index, 201, order=placed.order, trades=placed.trades)

    async def cancel_batch(self, call: Call) -> Reply:
        """Orders by id, then by client_order_id; one record in the log, one result per item."""
        caller = await self._trader(call)
        request = await _BATCH_CANCEL.read(call)
        finders: list[Callable[[], Awaitable[Order]]] = [
            *(lambda text=text: order_by_id(self._gateway, caller, text) for text in request.order_ids),
            *(lambda text=text: order_by_client_id(self._gateway, caller, text) for text in request.client_order_ids),
        ]
        _check_batch(len(finders))
        await self._gateway.limits.spend(caller.user_id, caller.tier, Use.ORDERS, len(finders) - 1)
        results: dict[int, api.BatchItem] = {}
        found: dict[int, tuple[Order, CancelOrder]] = {}
        for index, find in enumerate(finders):
            try:
                order = await find()
                found[index] = (order, self._cancel_command(caller, order))
            except ProblemError as problem:
                results[index] = _failed(call.path, call.trace_id, index, problem)
        if found:
            answers = await self._gateway.submit([command for _, command in found.values()])
            for (index, (order, _)), answer in zip(found.items(), answers, strict=True):
                results[index] = await _settled(call.path, call.trace_id, index, self._cancelled_item(index, order, answer))
        return Reply(api.BatchResult([results[index] for index in range(len(finders))]))

    async def _cancelled_item(self, index: int, order: Order, answer: Answer) -> api.BatchItem:
        return api.BatchItem(index, 200, order=await self._cancelled(order, answer))


def _check_changeable(caller: Caller, order: Order) -> None:
    if order.user_id != caller.user_id:
        raise ProblemError("FORBIDDEN", "the order is not yours")
    if order.is_final:
        raise ProblemError("ORDER_004", f"the order is {order.status.name}", status_now=order.status.name)


def _check_batch(count: int) -> None:
    if count == 0:
        raise invalid("orders", "must not be empty")
    if count > api.BATCH_ITEMS_MAX:
        raise ProblemError("BATCH_TOO_LARGE", f"at most {api.BATCH_ITEMS_MAX} items", limit=api.BATCH_ITEMS_MAX)


async def _settled(path: str, trace_id: str, index: int, item: Awaitable[api.BatchItem]) -> api.BatchItem:
    try:
        return await item
    except ProblemError as problem:
        return _failed(path, trace_id, index, problem)


def _failed(path: str, trace_id: str, index: int, problem: ProblemError) -> api.BatchItem:
    return api.BatchItem(index, problem.kind.status, error=problem.body(instance=path, trace_id=trace_id))


def _choice(field: str, text: str, choices: Mapping[str, V]) -> V:
    if text not in choices:
        raise invalid(field, "must be one of " + ", ".join(choices))
    return choices[text]


def _side(text: str | None) -> Side | None:
    return None if text is None else _choice("side", text, Side.__members__)


def _statuses(text: str | None) -> frozenset[OrderStatus]:
    """One status, several with commas, or ``ACTIVE`` for all that are not final."""
    if text is None:
        return frozenset()
    found: set[OrderStatus] = set()
    for name in text.split(","):
        found |= _OPEN_STATUSES if name == "ACTIVE" else {_choice("status", name, OrderStatus.__members__)}
    return frozenset(found)


def _staff_filter(caller: Caller, text: str) -> bytes | None:
    """Whose orders staff wants to see: one user's, or everybody's for ``*``."""
    try:
        user_id = None if text == "*" else UUID(text).bytes
    except ValueError:
        raise invalid("user_id", "must be a UUID") from None
    if user_id != caller.user_id and not caller.sees_all:
        raise ProblemError("FORBIDDEN", "the orders are not yours")
    return user_id
