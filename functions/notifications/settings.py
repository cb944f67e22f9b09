"""The environment of notifications."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    database_url: str
    mail_from: str
    database_secret_name: str = ""
