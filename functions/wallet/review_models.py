"""What staff see of a withdrawal before they decide."""

from __future__ import annotations

from uuid import UUID

import msgspec

from functions.wallet.models import Withdrawal


class WithdrawalOwner(msgspec.Struct, frozen=True):
    id: UUID
    email: str
    status: str
    kyc_level: int
    two_fa_enabled: bool
    registered_at: str | None


class RiskFacts(msgspec.Struct, frozen=True):
    """Values in TRY, fiat and crypto together."""

    completed_withdrawals: int
    completed_to_this_destination: int
    withdrawn_24_h: str
    withdrawn_30_d: str
    deposited_24_h: str
    deposits_last_hour: int
    last_deposit_at: str | None


class Approval(msgspec.Struct, frozen=True):
    staff_id: UUID
    approved_at: str


class Payout(msgspec.Struct, frozen=True):
    """``waits_for`` says what holds it up."""

    attempts: int
    waits_for: str | None
    tx_hash: str | None
    next_look_at: str | None


class WithdrawalReview(msgspec.Struct, frozen=True):
    """Everything that a person needs who decides about a withdrawal. ``history``: the user's other withdrawals, newest first."""

    withdrawal: Withdrawal
    user: WithdrawalOwner
    risks: list[str]
    facts: RiskFacts
    approvals: list[Approval]
    payout: Payout | None
    history: list[Withdrawal]
