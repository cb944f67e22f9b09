"""Changes of paper orders and balances for the sockets that ask for them. A gateway or the publisher makes a change and writes it into the trade
database. While a socket listens, the gateway reads the changes from there, so that no failure in between loses one.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from engine_container.gateway.parts import Gateway, having
from engine_container.gateway.routes.paper import shown
from engine_container.gateway.sockets.connection import Connection, now_ms
from engine_container.gateway.sockets.following import Followers, keep_telling
from engine_container.gateway.sockets.order_messages import (
    RESYNC_ORDERS_MAX,
    balance_update,
    order_update,
    orders_snapshot,
    push_resynced,
)
from engine_container.gateway.sockets.protocol import Topic
from engine_container.paper.accounts import PaperAccounts
from engine_container.paper.changes import PaperChanges
from engine_container.paper.rules import OPEN_ORDERS_MAX
from engine_container.trade_history.order_rows import OrderFilter
from engine_container.trade_history.pages import Page
from engine_container.views.balances import Balance
from mycrypto.contracts.trading import OPEN_STATUSES

PAPER: Final = "paper"
PAPER_ORDERS: Final = Topic("orders", PAPER)
PAPER_BALANCES: Final = Topic("balances", PAPER)
"""The streams among a connection's subscriptions."""
EVERY_SECONDS: Final = 0.25
CHANGES_MAX: Final = 500
"""Read at a time."""


class PaperStreams:
    """Who listens to own paper orders and balances, and which balances each reader knows."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._followers = Followers()
        self._balances: dict[Connection, dict[str, Balance]] = {}

    @property
    def _changes(self) -> PaperChanges:
        return having(self._gateway.paper_changes, "paper trading")

    @property
    def _accounts(self) -> PaperAccounts:
        return having(self._gateway.paper, "paper trading")

    async def join(self, reader: Connection, stream: Topic) -> None:
        """Add a listener: it hears of every change after this, and of balances as they are at first. Raises SERVICE_UNAVAILABLE."""
        if stream == PAPER_BALANCES:
            await self._accounts.balances(reader.signed_in().user_id, now_ms())  # so that a missing database is told at once
            self._balances[reader] = {}
            return
        user_id = reader.signed_in().user_id
        newest = await self._changes.newest(user_id)
        self._followers.join(reader, newest)

    async def snapshot(self, user_id: bytes) -> str:
        """All open orders of a user as one message. Raises SERVICE_UNAVAILABLE."""
        newest = await self._changes.newest(user_id)
        found, _ = await self._accounts.orders(OrderFilter(user_id=user_id, statuses=OPEN_STATUSES), Page(OPEN_ORDERS_MAX))
        return orders_snapshot([shown(order) for order in found], newest, mode="paper")

    def leave(self, reader: Connection, stream: Topic) -> None:
        if stream == PAPER_BALANCES:
            self._balances.pop(reader, None)
            return
        self._followers.leave(reader)

    async def resync(self, reader: Connection, last_sequence: int, request_id: object) -> None:
        """The present state of every order that changed after a change, then ``resynced``, as of live orders. Raises SERVICE_UNAVAILABLE."""
        user_id = reader.signed_in().user_id
        newest = await self._changes.newest(user_id)
        changed = await self._changes.changed(user_id, last_sequence, RESYNC_ORDERS_MAX + 1)
        told = changed[-RESYNC_ORDERS_MAX:]
        for sequence, order in told:
            reader.push(order_update(shown(order), "resync", sequence, order.updated_ms))
        push_resynced(reader, newest, len(told), complete=len(told) == len(changed), request_id=request_id, mode="paper")

    async def run(self) -> None:
        """Until cancelled."""
        await keep_telling(self._look, EVERY_SECONDS, "changes of paper orders", self._gateway.logger)

    async def _look(self) -> None:
        while await self._tell():
            pass
        await self._tell_balances()

    async def _tell(self) -> bool:
        """Whether there may be more."""
        if not self._followers.seen:
            return False
        changes = await self._changes.after(self._followers.seen, CHANGES_MAX)
        for change in changes:
            text = partial(order_update, shown(change.order), change.action, change.sequence, change.time_ms)
            self._followers.tell(change.order.user_id, change.sequence, text)
        return len(changes) == CHANGES_MAX

    async def _tell_balances(self) -> None:
        """A balance says what is, not what changed: whatever happened between two looks is told once."""
        if not self._balances:
            return
        users = {reader.signed_in().user_id for reader in self._balances}
        held = await self._accounts.balances_of(users, now_ms())
        for reader, known in self._balances.items():
            for asset, balance in held.get(reader.signed_in().user_id, {}).items():
                last = known.get(asset)
                if last is None or (last.available, last.locked) != (balance.available, balance.locked):
                    known[asset] = balance
                    reader.push(balance_update(asset, balance, mode="paper"))
