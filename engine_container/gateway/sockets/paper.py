"""Changes of paper orders for the sockets that ask for them. Whoever makes them, a gateway or the publisher, writes them into the trade database;
there they are looked for while somebody listens, so that nothing is missed whatever fails in between.
"""

from __future__ import annotations

import asyncio
from typing import Final

from engine_container.gateway.paper_changes import PaperChanges
from engine_container.gateway.parts import Gateway
from engine_container.gateway.routes.paper import shown
from engine_container.gateway.sockets.connection import Connection
from engine_container.gateway.sockets.order_messages import RESYNC_ORDERS_MAX, order_update, push_resynced
from mycrypto.errors import ProblemError

PAPER_ORDERS: Final = ("orders", "paper")
"""The stream among a connection's subscriptions."""
EVERY_SECONDS: Final = 0.25
CHANGES_MAX: Final = 500
"""Read at a time."""


class PaperStream:
    """Who listens to own paper orders, and which change of each user was told last."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._readers: dict[bytes, set[Connection]] = {}
        self._seen: dict[bytes, int] = {}
        self._failing = False

    @property
    def _changes(self) -> PaperChanges:
        if self._gateway.paper_changes is None:
            raise ProblemError("SERVICE_UNAVAILABLE", "this gateway has no database for paper trading")
        return self._gateway.paper_changes

    async def join(self, reader: Connection) -> None:
        """Add a listener: it hears of every change after this. Raises SERVICE_UNAVAILABLE."""
        user_id = reader.signed_in().user_id
        newest = await self._changes.newest(user_id)
        self._readers.setdefault(user_id, set()).add(reader)
        self._seen.setdefault(user_id, newest)

    def leave(self, reader: Connection) -> None:
        user_id = reader.signed_in().user_id
        readers = self._readers.get(user_id, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(user_id, None)
            self._seen.pop(user_id, None)

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
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                while await self._tell():
                    pass
            except ProblemError as problem:
                if not self._failing:
                    self._gateway.logger.warning("changes of paper orders are not told now: %s", problem.detail)
                self._failing = True
            except Exception:  # the other streams go on
                self._gateway.logger.exception("changes of paper orders could not be told")
            else:
                self._failing = False

    async def _tell(self) -> bool:
        """Whether there may be more."""
        if not self._seen:
            return False
        changes = await self._changes.after(self._seen, CHANGES_MAX)
        for change in changes:
            user_id = change.order.user_id
            if change.sequence <= self._seen.get(user_id, change.sequence):
                continue  # who listened has gone meanwhile, or come back
            self._seen[user_id] = change.sequence
            text = order_update(shown(change.order), change.action, change.sequence, change.time_ms)
            for reader in self._readers[user_id]:
                reader.push(text)
        return len(changes) == CHANGES_MAX
