"""The environment of audit."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    database_url: str
    database_secret_name: str = ""
