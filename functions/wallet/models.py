"""What requests to the wallet may say and what answers look like. Amounts are decimal strings, times ISO-8601 UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from mycrypto import texts
from mycrypto.faults import AMOUNT_WORDS, MUST_BE

Row = TypeVar("Row")
BankText = Annotated[
    str, Meta(min_length=1, max_length=255, pattern=texts.NOT_BLANK, extra={MUST_BE: "text of 1 to 255 characters, not all of them blanks"})
]
ShortText = Annotated[str, Meta(min_length=1, max_length=64)]
AmountText = Annotated[str, Meta(min_length=1, max_length=64, examples=["250.00"], extra={MUST_BE: AMOUNT_WORDS})]
CodeText = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z", examples=["123456"], extra={MUST_BE: "the six digits that the authenticator shows"})]


class AddBankAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bank_name: BankText
    account_holder_name: BankText
    iban: ShortText
    currency: ShortText = "TRY"
    swift_code: ShortText | None = None


class OpenFiatDeposit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``amount`` is read as text so that a JSON number is refused rather than rounded."""

    amount: AmountText
    fiat_account_id: UUID


class OpenCryptoDeposit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: ShortText
    network: ShortText | None = None


class BankReport(msgspec.Struct, frozen=True):
    """A transfer that arrived at the platform's bank account. Money is there whatever the report looks like, so that texts may have any
    length and form, and members that we do not know are passed over.
    """

    transaction_id: str
    reference: str
    amount: Annotated[str, Meta(examples=["250.00"], extra={MUST_BE: AMOUNT_WORDS})]
    sender_iban: str
    sender_name: str = ""
    currency: str = "TRY"


class ChainReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An output that pays to an address, how deep it lies by now, and what the watcher says of it.

    ``state``: DETECTED (seen; never credited by that), CONFIRMED (final as far as the watcher is concerned), FAILED (in a block without
    effect), GONE (in no block and no waiting list any more), REPLACED (another transaction took its place, ``replaced_by``). Without a state
    the confirmations speak; none at all, after a deposit was credited, means GONE.
    """

    tx_hash: Annotated[str, Meta(min_length=1, max_length=256, examples=["0x" + "ab" * 32])]
    output_index: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    address: Annotated[str, Meta(min_length=1, max_length=256)]
    currency: ShortText
    amount: AmountText
    confirmations: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    network: ShortText | None = None
    state: Literal["DETECTED", "CONFIRMED", "FAILED", "GONE", "REPLACED"] | None = None
    replaced_by: Annotated[str, Meta(min_length=1, max_length=256)] | None = None


class WithdrawFiat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    amount: AmountText
    fiat_account_id: UUID
    two_fa_code: CodeText


class WithdrawCrypto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To ``destination_address``, or to the address that the user has named before: one of the two."""

    currency: ShortText
    amount: AmountText
    two_fa_code: CodeText
    destination_address: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    whitelisted_address_id: UUID | None = None
    network: ShortText | None = None


class AddAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: ShortText
    destination_address: Annotated[str, Meta(min_length=1, max_length=128)]
    label: Annotated[
        str,
        Meta(min_length=1, max_length=64, pattern=texts.NOT_BLANK, extra={MUST_BE: "text of 1 to 64 characters, not all of them blanks"}),
    ]
    network: ShortText | None = None


class ConfirmAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``token`` is in the link of the mail."""

    token: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{64}\Z", examples=["ab" * 32], extra={MUST_BE: "the 64 hexadecimal digits of the mail's link"})
    ]


class PayoutReport(msgspec.Struct, frozen=True):
    """How a payout ended. ``reference`` is the bank's reference or the transaction's hash. What happened to the money has happened, so that
    texts may have any length, and members that we do not know are passed over.
    """

    withdrawal_id: UUID
    outcome: Literal["COMPLETED", "FAILED"]
    reference: Annotated[str, Meta(min_length=1)]
    reason: str = ""


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a withdrawal is refused."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1
    limit: Annotated[int, Meta(ge=1, le=100)] = 20

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


class TransactionQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    currency: str | None = None
    type: str | None = None
    start_date: str | None = None
    end_date: str | None = None


class ExportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str | None = None
    type: str | None = None
    start_date: str | None = None
    end_date: str | None = None


class WithdrawalQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    status: str | None = None


class Pagination(msgspec.Struct, frozen=True):
    page: int
    limit: int
    total: int
    total_pages: int

    @classmethod
    def of(cls, query: PageQuery, total: int) -> Pagination:
        return cls(query.page, query.limit, total, -(-total // query.limit))


class Page(msgspec.Struct, Generic[Row], frozen=True):
    data: list[Row]
    pagination: Pagination


class Balance(msgspec.Struct, frozen=True):
    """``locked_balance`` is in open orders, and in withdrawals until they are paid out or their money is back. ``value_try`` is what the total is worth in
    TRY by the last trade, null where there was none in 24 hours.
    """

    currency: str
    available_balance: str
    locked_balance: str
    total_balance: str
    updated_at: str | None = None
    value_try: str | None = None


class Balances(msgspec.Struct, frozen=True):
    """``total_try`` adds up the values; a currency without a price is not in it."""

    data: list[Balance]
    total_try: str


class BankAccount(msgspec.Struct, frozen=True):
    """``iban`` is masked in lists."""

    id: UUID
    currency: str
    bank_name: str
    account_holder_name: str
    iban: str
    swift_code: str | None
    is_verified: bool
    verified_at: str | None
    created_at: str


class Count(msgspec.Struct, frozen=True):
    count: int


class BankAccounts(msgspec.Struct, frozen=True):
    data: list[BankAccount]
    meta: Count


class FiatDeposit(msgspec.Struct, frozen=True):
    deposit_id: UUID
    fiat_account_id: UUID
    currency: str
    amount: str
    virtual_iban: str
    bank_name: str
    reference: str
    status: str
    created_at: str
    expires_at: str
    approved_at: str | None
    completed_at: str | None


class CryptoAddress(msgspec.Struct, frozen=True):
    id: UUID
    currency: str
    network: str
    address: str
    qr_code_url: str
    required_confirmations: int
    minimum_amount: str
    estimated_confirmation_time: str
    created_at: str


class CryptoDeposit(msgspec.Struct, frozen=True):
    id: UUID
    tx_hash: str
    output_index: int
    address: str
    currency: str
    network: str
    amount: str
    status: str
    confirmations: int
    required_confirmations: int
    created_at: str
    confirmed_at: str | None
    credited_at: str | None
    replaced_by: str | None = None


class Withdrawal(msgspec.Struct, frozen=True):
    """The user receives ``amount`` and pays ``total_amount``. ``destination`` is an address, or a masked IBAN."""

    id: UUID
    kind: str
    currency: str
    amount: str
    platform_fee: str
    network_fee: str
    total_amount: str
    destination: str
    network: str
    status: str
    requires_admin_approval: bool
    approvals_required: int
    reason: str | None
    payout_reference: str | None
    created_at: str
    updated_at: str
    completed_at: str | None


class StaffWithdrawal(Withdrawal, frozen=True):
    """``risks``: why a person should look closer before the money goes, such as ``PASSWORD_RESET`` within the last day."""

    risks: list[str] = []


class WhitelistedAddress(msgspec.Struct, frozen=True):
    """Usable from ``usable_at`` on, a day after ``confirmed_at``."""

    id: UUID
    currency: str
    network: str
    address: str
    label: str
    created_at: str
    confirmed_at: str | None
    usable_at: str | None


class WhitelistedAddresses(msgspec.Struct, frozen=True):
    data: list[WhitelistedAddress]


class WithdrawalFees(msgspec.Struct, frozen=True):
    currency: str
    network: str
    platform_fee: str
    network_fee: str
    total_fee: str
    minimum: str
    maximum: str


class LimitUse(msgspec.Struct, frozen=True):
    """``limit`` and ``left`` are null where there is no limit."""

    limit: str | None
    used: str
    left: str | None


class DirectionLimits(msgspec.Struct, frozen=True):
    day: LimitUse
    month: LimitUse


class WalletLimits(msgspec.Struct, frozen=True):
    """Values in TRY, fiat and crypto together, by the Turkish day and month. What lies above the deposit limits (``deposits_over_limit``) stays
    until the level is raised; until ``withdrawals_held_until`` nothing leaves.
    """

    kyc_level: int
    currency: str
    deposit: DirectionLimits
    withdrawal: DirectionLimits
    deposits_over_limit: str
    day_ends_at: str
    month_ends_at: str
    withdrawals_held_until: str | None
    withdrawals_held_reason: str | None


class Transaction(msgspec.Struct, frozen=True):
    """``status`` of a withdrawal and its fee is PENDING until it ends, then COMPLETED, FAILED, CANCELLED or REJECTED; of all else COMPLETED."""

    id: str
    currency: str
    type: str
    amount: str
    balance_before: str
    balance_after: str
    status: str
    reference_id: str
    reference_type: str
    description: str
    metadata: dict[str, str]
    created_at: str


class WebhookOutcome(msgspec.Struct, frozen=True):
    """``outcome`` is ACCEPTED, PENDING (more confirmations are needed), REPEATED (known, nothing changed), DROPPED (fell out before it was
    credited), REVERSED (fell out after that), RESTORED (came back) or RECONCILIATION (a person decides).
    """

    outcome: str
    deposit_id: UUID | None = None
    reason: str | None = None


def iso(moment: datetime) -> str:
    """A moment as ISO-8601 UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
