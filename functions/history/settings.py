"""The environment of the history function."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """``database_url`` is the trade database and has no password: it is in the secret."""

    database_url: str
    database_secret_name: str = ""
