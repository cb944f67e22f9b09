"""What the routes of auth work with: one context in each execution environment."""

from __future__ import annotations

from functools import cache
from typing import Final

from functions.auth.context import SERVICE, Context
from functions.auth.settings import load
from mycrypto import telemetry
from mycrypto.http.operation import RateLimit
from mycrypto.http.request import Principal
from mycrypto.security import second_factor

VERIFY: Final = RateLimit(name="verify-email", setting="verifications_per_hour", seconds=3600, per="address")
"""Tokens that came by mail, from one address."""


@cache
def context() -> Context:
    """The one of this execution environment."""
    return Context.from_settings(load(), telemetry.logger(SERVICE), telemetry.Meter(SERVICE))


def is_fresh(principal: Principal) -> bool:
    """Whether the second factor was shown in this session within the last five minutes."""
    return second_factor.was_shown(context().redis, principal.sid)
