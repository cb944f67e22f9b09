"""What operations of several subjects have in common."""

from __future__ import annotations

from typing import Final

from mycrypto.http.operation import BODY_ERRORS, Parameter

LIMITED: Final = ("RATE_LIMIT_EXCEEDED", "SERVICE_UNAVAILABLE")
OPEN_BODY: Final = (*BODY_ERRORS, *LIMITED)
"""Of an operation with a body that anybody may ask for."""
STAFF_BODY: Final = (*BODY_ERRORS, "AUTH_003", "NOT_FOUND")
"""Of one with a body that staff alone may ask for."""
PAGE: Final = (Parameter("limit", "integer", "Rows, 1 to 100 (50)"), Parameter("offset", "integer", "Rows to leave out"))
