"""Spot balances as the engine holds them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

_NONE: Final[Mapping[str, Balance]] = MappingProxyType({})


class Balance(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Units of 10^-8; ``seq`` is the event that set them."""

    available: int
    locked: int
    seq: int
    time_ms: int


class Balances:
    def __init__(self) -> None:
        self._by_user: dict[bytes, dict[str, Balance]] = {}

    def put(self, user_id: bytes, asset: str, balance: Balance) -> None:
        own = self._by_user.get(user_id)
        if own is None:
            own = self._by_user[user_id] = {}
        own[asset] = balance

    def image(self) -> dict[bytes, dict[str, Balance]]:
        """Every balance by user and asset."""
        return self._by_user

    @staticmethod
    def of_image(image: dict[bytes, dict[str, Balance]]) -> Balances:
        found = Balances()
        found._by_user = image
        return found

    def of(self, user_id: bytes) -> Mapping[str, Balance]:
        """Every asset that the user ever held in the engine."""
        return self._by_user.get(user_id, _NONE)
