"""The environment of the authorizer."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    redis_url: str
    public_keys_secret_name: str
    redis_secret_name: str = ""
    usage_plan_prefix: str = ""
    """Where the API has a usage plan for each tier: what stands before the tier in the plan's key."""
