"""Pages of lists: a cursor that stays true while rows are added, or an offset with a total."""

from __future__ import annotations

import base64
import binascii
from typing import Final

import msgspec

from mycrypto.errors import invalid

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 100
OFFSET_MAX: Final = 1_000_000


class Position(msgspec.Struct, frozen=True, array_like=True, order=True):
    """The place of a row in its list: what is sorted by, then the number, which is unique."""

    key: int
    number: int


class Page(msgspec.Struct, frozen=True):
    """What part of a list is wanted: after a row, or from an offset on (then ``offset`` is not ``None``)."""

    limit: int = LIMIT_DEFAULT
    after: Position | None = None
    offset: int | None = None


def parse_page(query: dict[str, str], *, limit_max: int = LIMIT_MAX) -> Page:
    """From ``limit``, ``cursor`` and ``offset``. Raises VALIDATION_ERROR."""
    cursor = query.get("cursor")
    offset = query.get("offset")
    if cursor is not None and offset is not None:
        raise invalid("offset", "cannot be combined with cursor")
    return Page(
        parse_count("limit", query.get("limit"), LIMIT_DEFAULT, 1, limit_max),
        None if cursor is None else _parse_cursor(cursor),
        None if offset is None else parse_count("offset", offset, 0, 0, OFFSET_MAX),
    )


def parse_count(field: str, text: str | None, default: int, lowest: int, highest: int) -> int:
    """A whole number in a query. Raises VALIDATION_ERROR."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and lowest <= int(text) <= highest):
        raise invalid(field, f"must be a whole number from {lowest} to {highest}")
    return int(text)


def cursor_text(position: Position) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).rstrip(b"=").decode()


def _parse_cursor(text: str) -> Position:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) <= 64 else b""
        position = msgspec.msgpack.decode(raw, type=Position)
    except (binascii.Error, ValueError):
        raise invalid("cursor", "is not a cursor that was given out") from None
    if not (0 <= position.key < 1 << 62 and 0 <= position.number < 1 << 62):
        raise invalid("cursor", "is not a cursor that was given out")
    return position
