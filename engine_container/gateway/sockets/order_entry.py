"""Orders placed and cancelled over a socket: the answer carries the request's id, and the status that HTTP would have had."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from engine_container.gateway.auth import Caller
from engine_container.gateway.parts import Gateway
from engine_container.gateway.routes.cancel_after import CancelAfter
from engine_container.gateway.routes.linked import Linked
from engine_container.gateway.routes.new_orders import NewOrders
from engine_container.gateway.routes.orders import Orders
from engine_container.gateway.routes.paper import Paper, is_paper_id
from engine_container.gateway.sockets.connection import Connection
from engine_container.gateway.sockets.protocol import ClientMessage
from engine_container.web.steps import Steps, finish
from mycrypto.errors import ProblemError, invalid
from mycrypto.permissions import TRADING

PLACING: Final = frozenset({"place", "place_batch", "place_oco", "replace"})
"""Actions that may open a position."""
Outcome = tuple[int, Any] | ProblemError
"""Status and data of an answer (bytes: as JSON), or what is wrong."""


class OrderEntry:
    """The actions place, place_batch, place_oco, replace, cancel, cancel_all and cancel_all_after."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._orders = Orders(gateway)
        self._new = NewOrders(gateway)
        self._linked = Linked(gateway)
        self._paper = Paper(gateway)
        self._cancel_after = CancelAfter(gateway)
        self._entries: dict[str, Callable[[Caller, ClientMessage], Awaitable[tuple[int, Any]]]] = {
            "place_oco": self._place_oco,
            "replace": self._replace,
            "cancel": self._cancel,
            "cancel_all": self._cancel_all,
            "cancel_all_after": self._set_cancel_after,
        }
        self._immediate: dict[str, Callable[[Caller, ClientMessage, Callable[[Outcome], None]], Steps[None] | None]] = {
            "place": self._place,
            "place_batch": self._place_batch,
        }

    def is_immediate(self, action: str) -> bool:
        """Whether :meth:`begin` carries out this action, and not :meth:`carry_out`."""
        return action in self._immediate

    def begin(self, connection: Connection, message: ClientMessage) -> None:
        """Order entry without a task for each order."""

        def answered(outcome: Outcome | Exception) -> None:
            connection.window.leave()
            if isinstance(outcome, Exception):
                connection.push_problem(self._problem(outcome, message), message.id)
            else:
                connection.push_result(message.id, *outcome)

        self._gateway.tasks.begin(self._steps(connection, message, answered), answered)

    def _steps(self, connection: Connection, message: ClientMessage, answered: Callable[[Outcome], None]) -> Steps[None]:
        caller = yield from self._admitted(connection, message.action)
        further = self._immediate[message.action](caller, message, answered)
        if further is not None:
            yield from further

    async def carry_out(self, connection: Connection, message: ClientMessage) -> None:
        """Any other of the actions, with everything that has to be waited for."""
        try:
            caller = await finish(self._admitted(connection, message.action))
            status, data = await self._entries[message.action](caller, message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is answered
            connection.push_problem(self._problem(error, message), message.id)
        else:
            connection.push_result(message.id, status, data)

    def _problem(self, error: Exception, message: ClientMessage) -> ProblemError:
        if isinstance(error, ProblemError):
            return error
        self._gateway.logger.error("unexpected error in %s over a socket", message.action, exc_info=error)
        return ProblemError("INTERNAL_ERROR")

    def _admitted(self, connection: Connection, action: str) -> Steps[Caller]:
        """The user of the connection, charged for one order."""
        caller = self._trader_of(connection, action)
        yield from self._gateway.admission.charge(caller, 1)
        return caller

    def _trader_of(self, connection: Connection, action: str) -> Caller:
        """The user of the connection, if it may do this now."""
        caller = connection.signed_in()
        if connection.expires_s <= time.time():
            raise ProblemError("INVALID_TOKEN", "the token has expired; send a new one with the action auth")
        if connection.key is not None:
            TRADING.require_scope(connection.key.scopes)
        elif action in PLACING:
            self._gateway.auth.require_complete()
        TRADING.require_role(caller.identity.roles)
        return caller

    def _place(self, caller: Caller, message: ClientMessage, answered: Callable[[Outcome], None]) -> None:
        if not message.order:
            raise invalid("order", "is required")
        self._new.place_one(
            caller, message.order, lambda placed: answered(placed if isinstance(placed, ProblemError) else (201, placed.answer()))
        )

    def _place_batch(self, caller: Caller, message: ClientMessage, answered: Callable[[Outcome], None]) -> Steps[None]:
        yield from self._gateway.admission.charge_batch(caller, len(message.orders))
        self._new.place_many(
            caller,
            message.orders,
            "/ws",
            str(message.id),
            lambda results: answered(results if isinstance(results, ProblemError) else (200, results)),
        )

    async def _place_oco(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        if not message.order:
            raise invalid("order", "is required")
        await self._linked.charge_pair(caller)
        return 201, await self._linked.place_pair(caller, message.order)

    async def _replace(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        if not message.order:
            raise invalid("order", "is required")
        return 201, await self._linked.replace_one(caller, message.order_id, message.client_order_id, message.order)

    async def _cancel(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        if message.mode == "paper" or (message.order_id is not None and is_paper_id(message.order_id)):
            return 200, await self._paper.cancel_one(caller, message.order_id, message.client_order_id)
        return 200, await self._orders.cancel_one(caller, message.order_id, message.client_order_id)

    async def _cancel_all(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        owner = self._paper if message.mode == "paper" else self._orders
        return 200, await owner.cancel_every(caller, message.symbol, None)

    async def _set_cancel_after(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        if message.timeout_seconds is None:
            raise invalid("timeout_seconds", "is required")
        if message.mode == "paper":
            raise invalid("mode", "must be live")
        return 200, await self._cancel_after.set(caller, message.timeout_seconds, message.symbol)
