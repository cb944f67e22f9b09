"""The environment of the migrations function."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """``database_url`` names the administrator and has no password. Secrets of the roles are ``mycrypto/{stage}/database/{role}``."""

    stage: str
    database_url: str
    database_secret_name: str
    service_name: str = "migrations"
