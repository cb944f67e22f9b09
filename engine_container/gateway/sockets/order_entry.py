"""Orders placed and cancelled over a socket: the answer carries the request's id, and the status that HTTP would have had."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from engine_container.gateway.auth import Caller
from engine_container.gateway.order_checks import charge_batch, check_batch
from engine_container.gateway.parts import Gateway
from engine_container.gateway.routes.cancel_after import CancelAfter
from engine_container.gateway.routes.linked import Linked
from engine_container.gateway.routes.new_orders import NewOrders, Waiting
from engine_container.gateway.routes.orders import Orders
from engine_container.gateway.routes.paper import Paper, is_paper_id
from engine_container.gateway.sockets.connection import Connection
from engine_container.gateway.sockets.protocol import ClientMessage
from engine_container.views.response_templates import Placement
from mycrypto.allowances import Use
from mycrypto.contracts.api import BATCH_ITEMS_MAX
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
            "place": self._place,
            "place_batch": self._place_batch,
            "place_oco": self._place_oco,
            "replace": self._replace,
            "cancel": self._cancel,
            "cancel_all": self._cancel_all,
            "cancel_all_after": self._set_cancel_after,
        }
        self._beginners: dict[str, Callable[[Caller, ClientMessage, Callable[[Outcome], None]], None]] = {
            "place": self._begin_place,
            "place_batch": self._begin_batch,
        }

    def begins(self, action: str) -> bool:
        """Whether :meth:`begin` may carry out this action."""
        return action in self._beginners

    def begin(self, connection: Connection, message: ClientMessage) -> bool:
        """Order entry without a task for each order; ``False`` where something has to be waited for first."""
        begin = self._beginners.get(message.action)
        if begin is None:
            return False

        def answered(outcome: Outcome) -> None:
            connection.window.leave()
            if isinstance(outcome, ProblemError):
                connection.push_problem(outcome, message.id)
            else:
                connection.push_result(message.id, *outcome)

        try:
            caller = self._trader_of(connection, message.action)
            if not self._gateway.limits.spend_at_hand(caller.user_id, caller.tier, Use.ORDERS, kept=BATCH_ITEMS_MAX)[0]:
                return False
            begin(caller, message, answered)
        except ProblemError as problem:
            answered(problem)
        except Exception:
            self._gateway.logger.exception("unexpected error in %s over a socket", message.action)
            answered(ProblemError("INTERNAL_ERROR"))
        return True

    async def carry_out(self, connection: Connection, message: ClientMessage) -> None:
        """Any of the actions, with everything that has to be waited for."""
        try:
            caller = self._trader_of(connection, message.action)
            await self._gateway.limits.spend(caller.user_id, caller.tier, Use.ORDERS)
            status, data = await self._entries[message.action](caller, message)
        except ProblemError as problem:
            connection.push_problem(problem, message.id)
        except Exception:
            self._gateway.logger.exception("unexpected error in %s over a socket", message.action)
            connection.push_problem(ProblemError("INTERNAL_ERROR"), message.id)
        else:
            connection.push_result(message.id, status, data)

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

    def _begin_place(self, caller: Caller, message: ClientMessage, answered: Callable[[Outcome], None]) -> None:
        if not message.order:
            raise invalid("order", "is required")
        self._new.begin_one(
            caller, message.order, lambda placed: answered(placed if isinstance(placed, ProblemError) else (201, placed.answer()))
        )

    def _begin_batch(self, caller: Caller, message: ClientMessage, answered: Callable[[Outcome], None]) -> None:
        items = message.orders
        check_batch(len(items))
        self._gateway.limits.spend_at_hand(caller.user_id, caller.tier, Use.ORDERS, len(items) - 1)
        self._new.begin_many(
            caller,
            items,
            "/ws",
            str(message.id),
            lambda results: answered(results if isinstance(results, ProblemError) else (200, results)),
        )

    async def _place(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        if not message.order:
            raise invalid("order", "is required")
        waiting: Waiting[Placement] = Waiting()
        self._new.begin_one(caller, message.order, waiting.settle)
        return 201, (await waiting.answer).answer()

    async def _place_batch(self, caller: Caller, message: ClientMessage) -> tuple[int, Any]:
        await charge_batch(self._gateway, caller, len(message.orders))
        return 200, await self._new.place_many(caller, message.orders, "/ws", str(message.id))

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
