"""Parameters that operations of several subjects have."""

from __future__ import annotations

from typing import Final

from functions.wallet import idempotency
from mycrypto.http.operation import Parameter

PAGE: Final = (Parameter("page", "integer", "From 1"), Parameter("limit", "integer", "Rows of a page, 1 to 100 (20)"))
STATUS: Final = Parameter("status", "string", "Only this status")
ONCE: Final = Parameter(idempotency.HEADER, "string", "The same key gets the same answer for 24 hours", place="header")
