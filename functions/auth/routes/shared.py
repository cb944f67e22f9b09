"""What operations of several subjects have in common."""

from __future__ import annotations

from typing import Final

from mycrypto.http.operation import BODY_ERRORS, Parameter

OPEN_BODY: Final = (*BODY_ERRORS, "RATE_LIMIT_EXCEEDED", "SERVICE_UNAVAILABLE")
"""Errors of an operation with a body that anybody may ask for."""
STAFF_BODY: Final = (*BODY_ERRORS, "AUTH_003", "NOT_FOUND")
"""Errors of one with a body that staff alone may ask for."""
PAGE: Final = (Parameter("limit", "integer", "Rows, 1 to 100 (50)"), Parameter("offset", "integer", "Rows to leave out"))
CURSOR_PAGE: Final = (
    Parameter("limit", "integer", "Rows, 1 to 100 (50)"),
    Parameter("cursor", "string", "``next_cursor`` of the page before"),
)
CURSOR_RULE: Final = {"cursor": "is a ``next_cursor`` that was given out"}
NEW_PASSWORD: Final = {
    "new_password": "keeps the rules for passwords: 8 to 128 characters, of four kinds, and none that is well known",
    "confirm_password": "is the new password again",
}
OF_A_PAGE: Final = Parameter("X-MyCrypto-Web", "string", "1, from a page of this origin whose session is kept in a cookie", place="header")
