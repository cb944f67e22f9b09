"""Notices as rows of the accounts' database: listed and marked as read by their owners. The notifications function writes them.

Every statement names its user; there is none that could reach another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from engine_container.trade_database import TradePool, answered, fetch
from engine_container.views.rendering import iso
from mycrypto.contracts import api
from mycrypto.notices import NoticeKind
from mycrypto.projection import milliseconds

CONNECTIONS_MAX: Final = 2
_UNANSWERED: Final = "notices cannot be read now"

_COLUMNS: Final = "user_id, place, id, kind, params, happened_at, read_at"
_PAGE: Final = f"""
SELECT {_COLUMNS} FROM notices
 WHERE user_id = %(user_id)s AND place < %(before)s
 ORDER BY place DESC LIMIT %(limit)s"""  # noqa: S608 - a constant of this module
_AFTER: Final = f"""
SELECT {_COLUMNS} FROM notices
  JOIN unnest(%(users)s::uuid[], %(places)s::bigint[]) AS seen (owner, last) ON user_id = owner AND place > last
 ORDER BY place LIMIT %(limit)s"""  # noqa: S608 - a constant of this module
_UNREAD: Final = "SELECT count(*) AS number FROM notices WHERE user_id = %(user_id)s AND read_at IS NULL"
_NEWEST: Final = "SELECT coalesce(max(place), 0) AS number FROM notices WHERE user_id = %(user_id)s"
_READ: Final = """
UPDATE notices SET read_at = now()
 WHERE user_id = %(user_id)s AND read_at IS NULL AND id = ANY(%(ids)s)"""
_READ_UP_TO: Final = """
UPDATE notices SET read_at = now()
 WHERE user_id = %(user_id)s AND read_at IS NULL
   AND place <= (SELECT place FROM notices WHERE user_id = %(user_id)s AND id = %(id)s)"""
AFTER_ALL: Final = (1 << 62) - 1
"""Greater than any place."""


class NoticeRow(NamedTuple):
    """``place`` grows with each notice of a user, in the order in which they can be seen."""

    user_id: UUID
    place: int
    id: UUID
    kind: str
    params: dict[str, str]
    happened_at: datetime
    read_at: datetime | None

    @property
    def model(self) -> api.Notice:
        read_at = iso(milliseconds(self.read_at)) if self.read_at else None
        return api.Notice(str(self.id), NoticeKind(self.kind), self.params, iso(milliseconds(self.happened_at)), read_at)


class _Number(NamedTuple):
    number: int


class NoticeStore:
    """Raises SERVICE_UNAVAILABLE where the database does not answer."""

    def __init__(self, pool: TradePool) -> None:
        self._pool = pool

    async def open(self) -> None:
        """Begin connecting, in the background."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=1)

    async def page(self, user_id: bytes, before: int, limit: int) -> list[NoticeRow]:
        """The newest of a user's notices before a place."""
        return await self._rows(_PAGE, {"user_id": UUID(bytes=user_id), "before": before, "limit": limit})

    async def after(self, seen: Mapping[bytes, int], limit: int) -> list[NoticeRow]:
        """The notices of each user after the place that was seen last, oldest first."""
        users = [UUID(bytes=user_id) for user_id in seen]
        return await self._rows(_AFTER, {"users": users, "places": list(seen.values()), "limit": limit})

    async def unread(self, user_id: bytes) -> int:
        return await self._number(_UNREAD, user_id)

    async def newest(self, user_id: bytes) -> int:
        """The place of the user's newest notice; 0 for none."""
        return await self._number(_NEWEST, user_id)

    async def read(self, user_id: bytes, ids: Sequence[UUID]) -> None:
        """Mark these as read; what is read already keeps its moment, and what is not the user's own is left out."""
        await answered(self._execute(_READ, {"user_id": UUID(bytes=user_id), "ids": list(ids)}), _UNANSWERED)

    async def read_up_to(self, user_id: bytes, notice_id: UUID) -> None:
        """Mark this one and all before it as read."""
        await answered(self._execute(_READ_UP_TO, {"user_id": UUID(bytes=user_id), "id": notice_id}), _UNANSWERED)

    async def _number(self, sql: str, user_id: bytes) -> int:
        rows = await answered(fetch(self._pool, _Number, sql, {"user_id": UUID(bytes=user_id)}), _UNANSWERED)
        return rows[0].number

    async def _rows(self, sql: str, values: dict[str, object]) -> list[NoticeRow]:
        return await answered(fetch(self._pool, NoticeRow, sql, values), _UNANSWERED)

    async def _execute(self, sql: str, values: dict[str, object]) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(sql.encode(), values)
