"""What staff say about a correction of a user's balance, and what they see of it. Amounts are decimal strings, negative for what is taken."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from functions.wallet.models import AmountText, PageQuery, ShortText
from mycrypto import texts
from mycrypto.faults import MUST_BE

Reason = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=texts.NOT_BLANK, extra={MUST_BE: "text of 1 to 500 characters, not all of them blanks"})
]
Status = Literal["PROPOSED", "APPROVED", "APPLIED", "REJECTED", "FAILED"]


class ProposeAdjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``amount`` is positive; ``direction`` says whether the user gets it or gives it."""

    user_id: UUID
    direction: Literal["CREDIT", "CHARGE"]
    currency: ShortText
    amount: AmountText
    reason: Reason


class RejectAdjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class AdjustmentQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    status: Status | None = None
    user_id: UUID | None = None


class Adjustment(msgspec.Struct, frozen=True):
    """``status`` is PROPOSED, APPROVED (on its way to the engine), APPLIED (the user's balance has changed), REJECTED, or FAILED (the engine did not do
    it, mostly because the user has less than was to be taken; ``decision_reason`` is its code then).
    """

    id: UUID
    user_id: UUID
    direction: str
    currency: str
    amount: str
    reason: str
    status: str
    proposed_by: UUID
    proposed_at: str
    decided_by: UUID | None
    decided_at: str | None
    decision_reason: str | None
