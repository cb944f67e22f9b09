"""What staff say about money that fits nothing, and what they see of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from functions.wallet.models import AmountText, PageQuery, ShortText


class ProposeResolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shall become of an item. ``user_id`` goes with CREDIT and CHARGE; without it, it is the user whom the item concerns. ``amount`` and
    ``currency`` are for items whose amount the books do not know; to write off 0 says that there is nothing in it.
    """

    action: Literal["CREDIT", "RETURN", "WRITE_OFF", "CHARGE"]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    user_id: UUID | None = None
    amount: AmountText | None = None
    currency: ShortText | None = None


class ReturnPaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bank's reference, or the hash of the transaction, by which money was paid back."""

    reference: Annotated[str, Meta(min_length=1, max_length=128)]


class ReconciliationQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    status: Literal["OPEN", "PROPOSED", "RETURNING", "CHARGING", "RESOLVED"] | None = None
    source: Literal["BANK", "CHAIN", "ENGINE"] | None = None
    reason: Annotated[str, Meta(max_length=64)] | None = None
    user_id: UUID | None = None


class Proposal(msgspec.Struct, frozen=True):
    """``status`` is PROPOSED, APPROVED, REJECTED, OVERTAKEN (what happened has settled the item) or FAILED (the engine did not do it)."""

    id: UUID
    action: str
    user_id: UUID | None
    currency: str
    amount: str
    reason: str
    proposed_by: UUID
    proposed_at: str
    status: str
    decided_by: UUID | None
    decided_at: str | None
    decision_reason: str | None


class ReconciliationItem(msgspec.Struct, frozen=True):
    """``source_key`` is what the sender calls it. ``nature`` is RECEIVED (money came in, or may have), MISSING (money that was credited is not there) or STUCK (the engine would not take
    it). ``booked_amount`` is what the ledger says of it, ``withheld_amount`` what its user has to keep until it is resolved; ``document`` is
    what was reported.
    """

    id: UUID
    source: str
    source_key: str
    reason: str
    nature: str
    currency: str
    amount: str
    booked_amount: str
    withheld_amount: str
    user_id: UUID | None
    status: str
    resolution: str | None
    document: dict[str, Any]
    proposals: list[Proposal]
    created_at: str
    updated_at: str
    resolved_at: str | None
