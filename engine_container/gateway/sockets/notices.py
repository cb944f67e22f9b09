"""New notices for the sockets of their owners. The notifications function writes them into the accounts' database; while a socket listens, the gateway
reads them from there, so that no failure in between loses one.
"""

from __future__ import annotations

import asyncio
from typing import Final

from engine_container.gateway.notices import NoticeStore
from engine_container.gateway.parts import Gateway
from engine_container.gateway.sockets.connection import Connection, now_ms, text_of
from mycrypto.errors import ProblemError

EVERY_SECONDS: Final = 1.0
NOTICES_MAX: Final = 500
"""Read at a time."""


class NoticeStream:
    """Who listens to own notices, and the place of the last one that each user was told."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._readers: dict[bytes, set[Connection]] = {}
        self._seen: dict[bytes, int] = {}
        self._failing = False

    @property
    def _store(self) -> NoticeStore:
        if self._gateway.notices is None:
            raise ProblemError("SERVICE_UNAVAILABLE", "this gateway has no database for notices")
        return self._gateway.notices

    async def join(self, reader: Connection) -> None:
        """Add a listener: it hears of every notice after this. Raises FORBIDDEN for an API key, SERVICE_UNAVAILABLE."""
        user_id = reader.signed_in().user_id
        if reader.key is not None:
            raise ProblemError("FORBIDDEN", "API keys do not read notices; log in")
        newest = await self._store.newest(user_id)
        self._readers.setdefault(user_id, set()).add(reader)
        self._seen.setdefault(user_id, newest)

    def leave(self, reader: Connection) -> None:
        user_id = reader.signed_in().user_id
        readers = self._readers.get(user_id, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(user_id, None)
            self._seen.pop(user_id, None)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                while await self._tell():
                    pass
            except ProblemError as problem:
                if not self._failing:
                    self._gateway.logger.warning("notices are not told now: %s", problem.detail)
                self._failing = True
            except Exception:  # the other streams go on
                self._gateway.logger.exception("notices could not be told")
            else:
                self._failing = False

    async def _tell(self) -> bool:
        """Whether there may be more."""
        if not self._seen:
            return False
        rows = await self._store.after(self._seen, NOTICES_MAX)
        for row in rows:
            user_id = row.user_id.bytes
            if row.place <= self._seen.get(user_id, row.place):
                continue  # who listened has gone meanwhile, or come back
            self._seen[user_id] = row.place
            text = text_of({"type": "notice", "stream": "notices", "timestamp": now_ms(), "data": row.model})
            for reader in self._readers[user_id]:
                reader.push(text)
        return len(rows) == NOTICES_MAX
