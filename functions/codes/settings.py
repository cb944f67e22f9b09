"""The environment of the function codes."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    database_url: str
    two_factor_secret_name: str
    database_secret_name: str = ""
