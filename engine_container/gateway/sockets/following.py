"""What a database notes of each user, told to the sockets of that user: read again and again while one listens, so that no failure in between loses
anything. Code that writes such a note need not know of the sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine_container.gateway.sockets.connection import Connection
from mycrypto.errors import ProblemError
from mycrypto.telemetry import Logger


class Followers:
    """Who listens, and in ``seen`` the place of what each user was told last. Places of a user grow in the order in which they can be read."""

    def __init__(self) -> None:
        self._readers: dict[bytes, set[Connection]] = {}
        self.seen: dict[bytes, int] = {}

    def join(self, reader: Connection, newest: int) -> None:
        """It hears of everything after the place ``newest``, which was read before this call."""
        user_id = reader.signed_in().user_id
        self._readers.setdefault(user_id, set()).add(reader)
        self.seen.setdefault(user_id, newest)

    def leave(self, reader: Connection) -> None:
        user_id = reader.signed_in().user_id
        readers = self._readers.get(user_id, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(user_id, None)
            self.seen.pop(user_id, None)

    def tell(self, user_id: bytes, place: int, text: Callable[[], str]) -> None:
        """Tell all readers of a user, unless that was told before."""
        if place <= self.seen.get(user_id, place):
            return  # who listened has gone meanwhile, or come back
        self.seen[user_id] = place
        said = text()
        for reader in self._readers[user_id]:
            reader.push(said)


async def keep_telling(look: Callable[[], Awaitable[None]], every_seconds: float, what: str, logger: Logger) -> None:
    """Look until cancelled; ``what`` names in the log what is not told while the database does not answer."""
    failing = False
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await look()
        except ProblemError as problem:
            if not failing:
                logger.warning("%s are not told now: %s", what, problem.detail)
            failing = True
        except Exception:  # the other streams go on
            logger.exception("%s could not be told", what)
        else:
            failing = False
