"""Placing orders, one by one and in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from engine_container.gateway.auth import Caller
from engine_container.gateway.order_checks import PLACED, REFUSED, failed_item
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import place_command
from engine_container.gateway.refusals import refusal, refusal_of
from engine_container.gateway.routes.paper import Paper
from engine_container.gateway.routes.shared import ORDER_ERRORS
from engine_container.gateway.submit import Answer
from engine_container.metrics import Histogram
from engine_container.views.orders import Order
from engine_container.views.response_templates import Placement, placement, placement_of
from engine_container.web.call import BodyDecoder, Call, Reply
from engine_container.web.edge import DURATIONS, Answered
from engine_container.web.steps import Steps
from mycrypto import permissions
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import PlaceOrder
from mycrypto.errors import FieldError, ProblemError
from mycrypto.http.operation import Operation

PROCESSING: Final = Histogram("order_processing_duration_seconds", of=DURATIONS, only=("POST", "/api/v1/orders"))

_encode: Final = msgspec.json.Encoder().encode
_PLACE: Final = BodyDecoder(api.PlaceOrderRequest)
_BATCH_PLACE: Final = BodyDecoder(api.BatchPlaceRequest)


class NewOrders:
    """``POST /api/v1/orders`` and ``/api/v1/orders/batch``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._paper = Paper(gateway)

    def _trader(self, call: Call) -> Caller:
        """Who trades, in a request with no other parameters than these: one that was not meant for us is no order."""
        call.query()
        return self._gateway.caller(call)

    @Operation(
        method="post",
        path="/api/v1/orders",
        name="placeOrder",
        summary="Place an order",
        tag="orders",
        answer=api.Placed,
        status=201,
        body=api.PlaceOrderRequest,
        errors=ORDER_ERRORS,
        permission=permissions.PLACING,
    )
    def place(self, call: Call, answered: Answered) -> None:
        caller = self._trader(call)
        self.place_one(
            caller, call.json_bytes(), lambda placed: answered(placed if isinstance(placed, ProblemError) else Reply(placed.answer(), 201))
        )

    def place_one(self, caller: Caller, raw: bytes | msgspec.Raw, answered: Callable[[Placement | ProblemError], None]) -> None:
        """Place the order that a JSON text describes. Raises what is wrong with it; what comes of it goes to ``answered``."""
        request = _PLACE.decode(raw)
        if request.mode == "paper":
            self._gateway.tasks.add(
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

        self._gateway.tasks.add(ask())

    async def _kept(self, event: events.OrderRepeated, most: int) -> Placement | ProblemError:
        history = self._gateway.history
        try:
            order = None if history is None else await history.order(event.created_ms, event.order)
        except ProblemError as problem:
            return problem
        if order is None:
            return ProblemError("IDEMPOTENCY_CONFLICT", "the client_order_id was used for an order that is no longer kept")
        return self._again(order, most)

    @Operation(
        method="post",
        path="/api/v1/orders/batch",
        name="placeOrders",
        summary="Place up to 50 orders; each is judged for itself",
        tag="orders",
        answer=api.BatchResult,
        body=api.BatchPlaceRequest,
        errors=("VALIDATION_ERROR", "BATCH_TOO_LARGE", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "OUTCOME_UNKNOWN"),
        permission=permissions.PLACING,
    )
    def place_batch(self, call: Call, answered: Answered) -> Steps[None]:
        """Each item is judged for itself; the good ones travel in one record."""
        caller = self._trader(call)
        items = _BATCH_PLACE.decode(call.json_bytes()).orders
        call.tell((yield from self._gateway.admission.charge_batch(caller, len(items))))
        self.place_many(
            caller,
            items,
            call.path,
            call.trace_id,
            lambda results: answered(results if isinstance(results, ProblemError) else Reply(results)),
        )

    def place_many(
        self,
        caller: Caller,
        items: Sequence[msgspec.Raw],
        path: str,
        trace_id: str,
        answered: Callable[[bytes | ProblemError], None],
    ) -> None:
        """Place up to 50 orders that were charged for; their results, in their order, go to ``answered``: an ``api.BatchResult`` as JSON."""
        symbols = self._gateway.require_views().symbols
        results: list[bytes] = [b""] * len(items)
        places: list[int] = []
        commands: list[PlaceOrder] = []

        def failed(index: int, problem: ProblemError) -> bytes:
            return _encode(failed_item(path, trace_id, index, problem))

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


def _live(request: api.PlaceOrderRequest) -> api.PlaceOrderRequest:
    if request.mode == "paper":
        raise ProblemError("INVALID_ORDER", "paper orders are placed one at a time", errors=[FieldError("mode", "must be live in a batch")])
    return request
