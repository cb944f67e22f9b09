"""Lambda entry of auth."""

from __future__ import annotations

from functions.auth.app import api
from functions.auth.routes import accounts, api_keys, passwords, second_factor, staff

handler = api

__all__ = ["accounts", "api_keys", "handler", "passwords", "second_factor", "staff"]
