"""Columns of a batch as PostgreSQL array literals, for ``unnest``.

psycopg can dump lists too, but looks at each element with a regular expression, which costs five to ten times as much. Here digits, hex and our own
names are joined as they are, and all other texts are quoted.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

_json = msgspec.json.Encoder().encode


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
    """Words of ours (letters, digits, underscore, colon), for ``text[]`` or the enumeration's own type."""
    return "{" + ",".join(values) + "}"


def texts(values: Iterable[str]) -> str:
    """Any texts, for ``text[]``."""
    return "{" + ",".join([_quoted(value) for value in values]) + "}"


def documents(values: Iterable[object]) -> str:
    """Objects as JSON, for ``jsonb[]``; what is empty or ``None`` is NULL."""
    return "{" + ",".join([_quoted(_json(value).decode()) if value else "NULL" for value in values]) + "}"


def _quoted(text: str) -> str:
    """Within an array's quotation marks only these and backslashes mean more than themselves."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
