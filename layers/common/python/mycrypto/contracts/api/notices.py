"""What a user is told beside what he asked for."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mycrypto.contracts.api.orders import Pagination
from mycrypto.notices import NoticeKind

NoticeId = Annotated[str, Meta(min_length=36, max_length=36)]


class Notice(msgspec.Struct, frozen=True):
    """Something that happened. ``kind`` and ``params`` are what a page makes its sentence of: amounts and prices are decimal strings, moments
    ISO-8601, everything else a word or a name. Parameters that are not known to the reader are to be passed over.
    """

    id: str
    kind: NoticeKind
    params: dict[str, str]
    happened_at: str
    read_at: str | None


class NoticeList(msgspec.Struct, frozen=True):
    """``unread`` counts all of the user's, not those of the page."""

    data: list[Notice]
    pagination: Pagination
    unread: int


class ReadNoticesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``up_to``: this one and all that came before it; or ``ids``."""

    up_to: NoticeId | None = None
    ids: Annotated[list[NoticeId], Meta(min_length=1, max_length=100)] | None = None


class NoticesRead(msgspec.Struct, frozen=True):
    unread: int
