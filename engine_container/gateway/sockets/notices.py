"""New notices for the sockets of their owners. The notifications function writes them into the accounts' database; while a socket listens, the gateway
reads them from there, so that no failure in between loses one.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from engine_container.gateway.notices import NoticeRow, NoticeStore
from engine_container.gateway.parts import Gateway, having
from engine_container.gateway.sockets.connection import Connection, now_ms, text_of
from engine_container.gateway.sockets.following import Followers, keep_telling
from mycrypto.errors import ProblemError

EVERY_SECONDS: Final = 1.0
NOTICES_MAX: Final = 500
"""Read at a time."""


class NoticeStream:
    """Who listens to own notices."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._followers = Followers()

    @property
    def _store(self) -> NoticeStore:
        return having(self._gateway.notices, "notices")

    async def join(self, reader: Connection) -> None:
        """Add a listener: it hears of every notice after this. Raises FORBIDDEN for an API key, SERVICE_UNAVAILABLE."""
        user_id = reader.signed_in().user_id
        if reader.key is not None:
            raise ProblemError("FORBIDDEN", "API keys do not read notices; log in")
        newest = await self._store.newest(user_id)
        self._followers.join(reader, newest)

    def leave(self, reader: Connection) -> None:
        self._followers.leave(reader)

    async def run(self) -> None:
        """Until cancelled."""
        await keep_telling(self._look, EVERY_SECONDS, "notices", self._gateway.logger)

    async def _look(self) -> None:
        while await self._tell():
            pass

    async def _tell(self) -> bool:
        """Whether there may be more."""
        if not self._followers.seen:
            return False
        rows = await self._store.after(self._followers.seen, NOTICES_MAX)
        for row in rows:
            self._followers.tell(row.user_id.bytes, row.place, partial(_message, row))
        return len(rows) == NOTICES_MAX


def _message(row: NoticeRow) -> str:
    return text_of({"type": "notice", "stream": "notices", "timestamp": now_ms(), "data": row.model})
