"""The question whether a user's code of the second factor is right, which one function asks another, and the answer.

Lambda's own API carries it, so IAM says who may ask. A check counts the try and spends a right code in transactions of its own. It is asked once and never
repeated by itself: a second question about the same code would be answered "wrong".
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol
from uuid import UUID

import msgspec

from mycrypto.security.second_factor import Check

Text = Annotated[str, msgspec.Meta(max_length=512)]


class CodeCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The question. ``id`` comes back with the answer."""

    id: UUID
    user_id: UUID
    code: Annotated[str, msgspec.Meta(max_length=64)]
    purpose: Literal["withdrawal"]
    ip: Text
    user_agent: Text
    trace_id: Text


class CodeChecked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer."""

    id: UUID
    result: Check


class Codes(Protocol):
    def check(self, user_id: UUID, code: str, *, ip: str, user_agent: str, trace_id: str) -> Check:
        """Count a try of the user, and spend the code if it is right. Raises SERVICE_UNAVAILABLE where no certain answer came."""
