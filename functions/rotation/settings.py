"""The environment of the rotation."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    public_keys_secret_name: str
