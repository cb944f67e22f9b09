"""The environment of the settlement function."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """``database_url`` has no password: it is in the secret."""

    stage: str
    database_url: str
    redis_url: str
    database_secret_name: str = ""
    redis_secret_name: str = ""
