"""Placing, cancelling and finding orders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from engine_container.gateway.auth import Caller
from engine_container.gateway.limits import Standing
from engine_container.gateway.lookup import list_orders, order_by_client_id, order_by_id
from engine_container.gateway.order_query import BY_MODE, CANCEL_QUERY, LIST_QUERY, check_one_name, order_filter, order_list, parse_side
from engine_container.gateway.pages import parse_page
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import amount, known_symbol, place_command
from engine_container.gateway.refusals import refusal, refusal_of
from engine_container.gateway.routes.paper import Paper
from engine_container.gateway.submit import Answer
from engine_container.metrics import Counter, Histogram
from engine_container.views.answering import Placement, placement, placement_of
from engine_container.views.orders import Order
from engine_container.views.rendering import order_model
from engine_container.web.call import NOTHING, BodyDecoder, Call, Reply
from engine_container.web.edge import DURATIONS, Answered
from engine_container.web.quick_ids import new_uuid_bytes
from mycrypto.allowances import Use
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import AmendOrder, CancelAll, CancelOrder, PlaceOrder
from mycrypto.contracts.trading import Side
from mycrypto.errors import FieldError, ProblemError, invalid

V = TypeVar("V")

PLACED: Final = Counter("orders_placed_total")
REFUSED: Final = Counter("orders_rejected_total")
CANCELLED: Final = Counter("orders_cancelled_total")
PROCESSING: Final = Histogram("order_processing_duration_seconds", of=DURATIONS, only=("POST", "/api/v1/orders"))

_encode: Final = msgspec.json.Encoder().encode
_PLACE: Final = BodyDecoder(api.PlaceOrderRequest)
_AMEND: Final = BodyDecoder(api.AmendOrderRequest)
_BATCH_PLACE: Final = BodyDecoder(api.BatchPlaceRequest)
_BATCH_CANCEL: Final = BodyDecoder(api.BatchCancelRequest)


def model(gateway: Gateway, order: Order, *, with_fills: bool = False) -> api.Order:
    return order_model(order, gateway.views.symbols.quote(order.symbol), gateway.shard, with_fills=with_fills)


class Waiting(Generic[V]):
    """For a handler that waits for what was begun: ``answer`` raises the problem."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()

    def settle(self, outcome: V | ProblemError) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, ProblemError):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Orders:
    """The endpoints under ``/api/v1/orders``."""

    def __init__(self, gateway: Gateway, paper: Paper) -> None:
        self._gateway = gateway
        self._paper = paper
        self._asking: set[asyncio.Task[None]] = set()

    def _trader(self, call: Call, query: frozenset[str] = NOTHING) -> Caller:
        """Who trades, in a request with no other parameters than these: one that was not meant for us is no order."""
        call.query(query)
        return self._gateway.caller(call)

    async def place(self, call: Call) -> Reply:
        caller = self._trader(call)
        raw = await call.json_bytes()
        waiting: Waiting[Placement] = Waiting()
        self.begin_one(caller, raw, waiting.settle)
        return Reply((await waiting.answer).answer(), 201)

    def begin_place(self, call: Call, answered: Answered) -> None:
        """As :meth:`place`, where nothing has to be waited for before the order can go its way."""
        caller = self._gateway.caller(call)
        raw = call.json_at_hand()
        self.begin_one(caller, raw, lambda placed: answered(placed if isinstance(placed, ProblemError) else Reply(placed.answer(), 201)))

    def begin_one(self, caller: Caller, raw: bytes | msgspec.Raw, answered: Callable[[Placement | ProblemError], None]) -> None:
        """Place the order that a JSON text describes. Raises what is wrong with it; what comes of it goes to ``answered``."""
        request = _PLACE.decode(raw)
        if request.mode == "paper":
            self._beside(
                self._paper.begin(
                    caller, request, lambda placed: answered(placed if isinstance(placed, ProblemError) else placement_of(placed))
                )
            )
            return
        command = place_command(request, self._gateway.require_views().symbols, caller.user_id)

        def settled(answers: list[Answer] | ProblemError) -> None:
            placed = answers if isinstance(answers, ProblemError) else self._placed(command, answers[0])
            if isinstance(placed, events.OrderRepeated):
                self._ask_history([placed], lambda found: answered(found[0]))
            else:
                answered(placed)

        self._gateway.begin([command], settled, command.client_order_id)

    def _placed(self, command: PlaceOrder, answer: Answer, most: int = api.LISTED_MAX) -> Placement | ProblemError | events.OrderRepeated:
        """The engine's answer to a new order: the order, or its refusal, or an order placed before that only the history may have."""
        number = answer.first_seq
        for event in answer.result.events:
            if type(event) is events.OrderAccepted:
                return self._accepted(number, most)
            if type(event) is events.CommandRefused:  # it failed
                return refusal(event.code, event.details)
            if type(event) is events.OrderRejected:
                REFUSED.add(1, (event.code,))
                return refusal(event.code, event.details)
            if type(event) is events.OrderRepeated:
                order = self._gateway.views.orders.get(event.order)
                return event if order is None else self._again(order, most)
            number += 1
        return ProblemError("TRADE_001", f"no order came of it (client_order_id {command.client_order_id})")

    def _accepted(self, number: int, most: int) -> Placement | ProblemError:
        order = self._gateway.views.orders.get(number)
        if order is None:
            return ProblemError("TRADE_001", "the order is not in the views")
        PLACED.add(1, (order.symbol,))
        return self._placement(order, most)

    def _again(self, order: Order, most: int) -> Placement | ProblemError:
        """The answer to an order that came before: what became of it then, a refusal as well."""
        return refusal_of(order) or self._placement(order, most, duplicate=True)

    def _placement(self, order: Order, most: int, *, duplicate: bool = False) -> Placement:
        quote = self._gateway.views.symbols.quote(order.symbol)
        return placement(order, quote, self._gateway.shard, duplicate=duplicate, most=most)

    def _ask_history(
        self,
        repeated: Sequence[events.OrderRepeated],
        answered: Callable[[list[Placement | ProblemError]], None],
        most: int = api.LISTED_MAX,
    ) -> None:
        """The orders that had been placed before and have left memory."""

        async def ask() -> None:
            answered([await self._kept(event, most) for event in repeated])

        self._beside(ask())

    def _beside(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._asking.add(task)  # or it might be collected
        task.add_done_callback(self._asking.discard)

    async def _kept(self, event: events.OrderRepeated, most: int) -> Placement | ProblemError:
        history = self._gateway.history
        try:
            order = None if history is None else await history.order(event.created_ms, event.order)
        except ProblemError as problem:
            return problem
        if order is None:
            return ProblemError("IDEMPOTENCY_CONFLICT", "the client_order_id was used for an order that is no longer kept")
        return self._again(order, most)

    async def get(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        order = await order_by_id(self._gateway, caller, call.path_params["order_id"])
        return Reply(model(self._gateway, order, with_fills=True))

    async def get_by_client_id(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query(BY_MODE)
        order = await order_by_client_id(self._gateway, caller, call.path_params["client_order_id"])
        return Reply(model(self._gateway, order, with_fills=True))

    async def cancel(self, call: Call) -> Reply:
        caller = self._trader(call)
        order = await order_by_id(self._gateway, caller, call.path_params["order_id"])
        return Reply(await self._cancel(caller, order))

    async def cancel_by_client_id(self, call: Call) -> Reply:
        caller = self._trader(call, BY_MODE)
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
        caller = self._trader(call)
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
        caller = self._trader(call, CANCEL_QUERY)
        query = call.query(CANCEL_QUERY)
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

    async def list(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        query = call.query(LIST_QUERY)
        page = parse_page(query)
        wanted = order_filter(self._gateway.require_views().symbols, caller, query)
        orders, total = await list_orders(self._gateway, wanted, page)
        return Reply(order_list(orders, total, wanted, page, lambda order: model(self._gateway, order)))

    async def place_batch(self, call: Call) -> Reply:
        """Each item is judged for itself; the good ones travel in one record."""
        caller = self._trader(call)
        items = (await _BATCH_PLACE.read(call)).orders
        call.tell(await self.charge_batch(caller, len(items)))
        return Reply(await self.place_many(caller, items, call.path, call.trace_id))

    async def charge_batch(self, caller: Caller, count: int) -> Standing | None:
        """Take the tokens of a batch but the first, which :meth:`Gateway.caller` took. Raises BATCH_TOO_LARGE, also where the tier's bucket
        can never hold so many, and RATE_LIMIT_EXCEEDED.
        """
        check_batch(count, self._gateway.limits.at_once(caller.tier, Use.ORDERS))
        return await self._gateway.limits.spend(caller.user_id, caller.tier, Use.ORDERS, count - 1)

    def begin_batch(self, call: Call, answered: Answered) -> None:
        """As :meth:`place_batch`, where nothing has to be waited for before the orders can go their way."""
        caller = self._gateway.caller(call)
        items = _BATCH_PLACE.decode(call.json_at_hand()).orders
        check_batch(len(items))
        call.tell(self._gateway.limits.spend_at_hand(caller.user_id, caller.tier, Use.ORDERS, len(items) - 1)[1])
        self.begin_many(
            caller,
            items,
            call.path,
            call.trace_id,
            lambda results: answered(results if isinstance(results, ProblemError) else Reply(results)),
        )

    async def place_many(self, caller: Caller, items: Sequence[msgspec.Raw], path: str, trace_id: str) -> bytes:
        """The results of up to 50 new orders that were charged for, in their order: an ``api.BatchResult`` as JSON."""
        waiting: Waiting[bytes] = Waiting()
        self.begin_many(caller, items, path, trace_id, waiting.settle)
        return await waiting.answer

    def begin_many(
        self,
        caller: Caller,
        items: Sequence[msgspec.Raw],
        path: str,
        trace_id: str,
        answered: Callable[[bytes | ProblemError], None],
    ) -> None:
        """Place up to 50 orders, whose number and limits have been looked at; the results go to ``answered``, as :meth:`place_many`'s."""
        symbols = self._gateway.require_views().symbols
        results: list[bytes] = [b""] * len(items)
        places: list[int] = []
        commands: list[PlaceOrder] = []

        def failed(index: int, problem: ProblemError) -> bytes:
            return _encode(_failed(path, trace_id, index, problem))

        for index, raw in enumerate(items):
            try:
                commands.append(place_command(_live(_PLACE.decode(raw)), symbols, caller.user_id))
                places.append(index)
            except ProblemError as problem:
                results[index] = failed(index, problem)

        def finish() -> None:
            answered(b'{"results":[%b]}' % b",".join(results))

        def settled(answers: list[Answer] | ProblemError) -> None:
            if isinstance(answers, ProblemError):
                answered(answers)
                return
            repeated: dict[int, events.OrderRepeated] = {}
            most = api.LISTED_MAX // len(commands)
            for index, command, answer in zip(places, commands, answers, strict=True):
                placed = self._placed(command, answer, most)
                if isinstance(placed, Placement):
                    results[index] = placed.item(index)
                elif isinstance(placed, ProblemError):
                    results[index] = failed(index, placed)
                else:
                    repeated[index] = placed
            if not repeated:
                finish()
                return

            def found(kept: list[Placement | ProblemError]) -> None:
                for index, placed in zip(repeated, kept, strict=True):
                    results[index] = failed(index, placed) if isinstance(placed, ProblemError) else placed.item(index)
                finish()

            self._ask_history(list(repeated.values()), found, most)

        if commands:
            self._gateway.begin(commands, settled)
        else:
            finish()

    async def cancel_batch(self, call: Call) -> Reply:
        """Orders by id, then by client_order_id; one record in the log, one result per item."""
        caller = self._trader(call)
        request = await _BATCH_CANCEL.read(call)
        finders: list[Callable[[], Awaitable[Order]]] = [
            *(lambda text=text: order_by_id(self._gateway, caller, text) for text in request.order_ids),
            *(lambda text=text: order_by_client_id(self._gateway, caller, text) for text in request.client_order_ids),
        ]
        call.tell(await self.charge_batch(caller, len(finders)))
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
    check_own(caller, order)
    if order.is_final:
        raise ended(order)


def check_own(caller: Caller, order: Order) -> None:
    """Raises FORBIDDEN for somebody else's, which staff may see and not change."""
    if order.user_id != caller.user_id:
        raise ProblemError("FORBIDDEN", "the order is not yours")


def ended(order: Order) -> ProblemError:
    """The order is final: nothing can be done with it any more."""
    return ProblemError("ORDER_004", f"the order is {order.status.name}", status_now=order.status.name)


def _live(request: api.PlaceOrderRequest) -> api.PlaceOrderRequest:
    if request.mode == "paper":
        raise ProblemError("INVALID_ORDER", "paper orders are placed one at a time", errors=[FieldError("mode", "must be live in a batch")])
    return request


def check_batch(count: int, at_once: int = 0) -> None:
    """``at_once``: the most orders that the caller's tier allows in one call, 0 for no such limit."""
    if count == 0:
        raise invalid("orders", "must not be empty")
    if count > api.BATCH_ITEMS_MAX:
        raise ProblemError("BATCH_TOO_LARGE", f"at most {api.BATCH_ITEMS_MAX} items", limit=api.BATCH_ITEMS_MAX)
    if 0 < at_once < count:
        raise ProblemError("BATCH_TOO_LARGE", f"at most {at_once} items, as your tier allows {at_once} orders a second", limit=at_once)


async def _settled(path: str, trace_id: str, index: int, item: Awaitable[api.BatchItem]) -> api.BatchItem:
    try:
        return await item
    except ProblemError as problem:
        return _failed(path, trace_id, index, problem)


def _failed(path: str, trace_id: str, index: int, problem: ProblemError) -> api.BatchItem:
    return api.BatchItem(index, problem.kind.status, error=problem.body(instance=path, trace_id=trace_id))
