"""The interfaces of those who move the money: a bank, a signer of chain transactions, and a node of each chain.

Every payout has one key. Asked again with the same key, each of them does what it did before and nothing more; the worker asks before it sends
again all the same.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from mycrypto.networks import Network


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that the bank is to make. ``amount`` is a decimal string."""

    amount: str
    currency: str
    iban: str
    name: str
    reference: str


class PaymentState(StrEnum):
    ACCEPTED = "ACCEPTED"
    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"


class Payment(msgspec.Struct, frozen=True):
    """What the bank says of an instruction."""

    state: PaymentState
    reason: str = ""


class Booking(msgspec.Struct, frozen=True):
    """A debit on the statement of the platform's account."""

    transaction_id: str
    amount: str
    iban: str


class Outgoing(msgspec.Struct, frozen=True):
    """What has left by a partner's own statement. ``id`` is what the partner calls it, ``key`` what we call it: the payout's key, or the transaction."""

    id: str
    key: str
    currency: str
    amount: str


class Held(msgspec.Struct, frozen=True):
    """What a partner holds for the platform: at the bank the account's balance, on a chain what lies deep enough in all its wallets."""

    currency: str
    amount: str


class Bank(Protocol):
    def pay(self, key: str, instruction: Instruction) -> Payment: ...

    def find(self, key: str) -> Payment | None:
        """The instruction of this key, ``None`` if the bank has none."""

    def bookings(self, key: str) -> list[Booking]:
        """What the statement has under this key: the proof of a payment, whatever its state is said to be."""


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction that is to be signed. Amounts are decimal strings; the network fee is what the user has paid for it."""

    currency: str
    network: str
    destination: str
    amount: str
    network_fee: str


class Signed(msgspec.Struct, frozen=True):
    raw: bytes
    tx_hash: str


class Signer(Protocol):
    def sign(self, key: str, spending: Spending) -> Signed:
        """The transaction of this key, the same at each call. Raises RefusedError, whose reason is INSUFFICIENT_FUNDS where only coins are missing."""


class ChainState(StrEnum):
    """``FAILED``: a block holds it without effect, or holds another transaction that spends the same."""

    PENDING = "PENDING"
    MINED = "MINED"
    FAILED = "FAILED"


class Seen(msgspec.Struct, frozen=True):
    """``confirmations`` of it, or of what took its place."""

    state: ChainState
    confirmations: int = 0


class NetworkFee(msgspec.Struct, frozen=True):
    """``fee`` of one ordinary withdrawal, a decimal string in the currency."""

    currency: str
    fee: str


class Node(Protocol):
    def broadcast(self, network: Network, raw: bytes) -> None:
        """Hand it to the network. Known already, it changes nothing."""

    def find(self, network: Network, tx_hash: str) -> Seen | None:
        """Where the transaction is, ``None`` if the node does not know it."""

    def fees(self) -> list[NetworkFee]:
        """What the network asks for now, per currency."""


class BankStatement(Protocol):
    """What the nightly look asks of a bank."""

    def bookings(self, key: str) -> list[Booking]: ...

    def outgoing(self, since: datetime) -> list[Outgoing]:
        """Every debit of the statement since then, also those that the platform did not ask for. Raises AwayError."""

    def balances(self) -> list[Held]:
        """What the account holds. Raises AwayError."""


class ChainStatement(Protocol):
    """What the nightly look asks of a node."""

    def find(self, network: Network, tx_hash: str) -> Seen | None: ...

    def outgoing(self, since: datetime) -> list[Outgoing]:
        """Every transaction that spends from the hot wallet since then, also those that its signer did not sign. Raises AwayError."""

    def balances(self) -> list[Held]:
        """What all wallets of the platform hold, deposit addresses too. Raises AwayError."""
