"""What requests may ask of networks and what answers say of them. Amounts are decimal strings."""

from __future__ import annotations

import msgspec

from functions.wallet.models import ShortText


class NetworkQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    network: ShortText | None = None


class OfferedNetwork(msgspec.Struct, frozen=True):
    """A way in and out that this platform offers. ``is_default``: it is meant where a request names none. ``network_fee`` is that of the terms; what the network
    asks for now is in the fees of a withdrawal. ``explorer`` stands before the hash of a transaction.
    """

    currency: str
    network: str
    title: str
    is_default: bool
    required_confirmations: int
    estimated_confirmation_time: str
    deposit_minimum: str
    withdrawal_minimum: str
    withdrawal_maximum: str
    platform_fee: str
    network_fee: str
    explorer: str


class OfferedNetworks(msgspec.Struct, frozen=True):
    data: list[OfferedNetwork]
