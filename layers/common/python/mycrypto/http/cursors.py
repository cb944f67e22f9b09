"""Cursors of lists that are sorted by time and id, newest first: the place after a row, which stays true while rows are added."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID

import msgspec

from mycrypto.errors import invalid

_LENGTH_MAX: Final = 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS_MAX: Final = 1 << 57  # the year 6537


Row = TypeVar("Row")


class CursorQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of such a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    cursor: str = ""


class CursorPagination(msgspec.Struct, frozen=True):
    """``next_cursor`` continues after the last row, whatever was added meanwhile; null on the last page."""

    limit: int
    next_cursor: str | None


class Continued(msgspec.Struct, Generic[Row], frozen=True):
    """A list that is read on by its cursor."""

    data: list[Row]
    pagination: CursorPagination


class _Place(msgspec.Struct, frozen=True, array_like=True):
    microseconds: Annotated[int, msgspec.Meta(ge=0, lt=_MICROSECONDS_MAX)]
    id: bytes


class Place(msgspec.Struct, frozen=True):
    """A row's time and id."""

    moment: datetime
    id: UUID


def text_of(place: Place) -> str:
    """The cursor that continues after this row."""
    microseconds = (place.moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(_Place(microseconds, place.id.bytes))).rstrip(b"=").decode()


def parse(text: str) -> Place | None:
    """The place of a cursor, ``None`` for an empty text. Raises VALIDATION_ERROR."""
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True) if len(text) <= _LENGTH_MAX else b""
        found = msgspec.msgpack.decode(raw, type=_Place)
        return Place(_EPOCH + timedelta(microseconds=found.microseconds), UUID(bytes=found.id))
    except (binascii.Error, ValueError):
        raise invalid("cursor", "is not a cursor that was given out") from None
