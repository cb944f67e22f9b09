"""Columns of a batch as PostgreSQL array literals, for ``unnest``.

psycopg can dump lists too, but looks at each element with a regular expression; what is here is only ever digits, hex and our own names, so
joining is enough, and costs a fifth. Texts that come from outside must go through psycopg.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


def numbers(values: Iterable[int | None]) -> str:
    """Whole numbers, for a cast to any array of numbers; ``None`` is NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def flags(values: Iterable[bool]) -> str:
    """For ``boolean[]``."""
    return "{" + ",".join(["t" if value else "f" for value in values]) + "}"


def ids(values: Iterable[bytes]) -> str:
    """The 16 bytes of UUIDs, for ``uuid[]``."""
    return "{" + ",".join([value.hex() for value in values]) + "}"


def names(values: Iterable[str]) -> str:
    """Words of an enumeration of ours (letters, digits, underscore), for ``text[]`` or the enumeration's own type."""
    return "{" + ",".join(values) + "}"


def documents(values: Iterable[object]) -> str:
    """Objects as JSON, for ``jsonb[]``; what is empty or ``None`` is NULL. Within an array's quotation marks only these and backslashes mean more than themselves."""
    texts = [msgspec.json.encode(value).decode().replace("\\", "\\\\").replace('"', '\\"') if value else None for value in values]
    return "{" + ",".join(["NULL" if text is None else f'"{text}"' for text in texts]) + "}"
