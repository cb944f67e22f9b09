"""The environment of the archive function."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """``archive_bucket`` keeps the command log for good."""

    archive_bucket: str
