"""What users have and pay: their money per asset, what all of them have together, and the rates of fees."""

from __future__ import annotations

from mypy_extensions import i64, mypyc_attr

from engine_container.core.vocabulary import TAG_BALANCE
from mycrypto.contracts.events import packed


class Rates:
    """The fee rates that an order was accepted with, in parts per million of its value in quote units."""

    __slots__ = ("highest_ppm", "maker_ppm", "taker_ppm")

    def __init__(self, maker_ppm: i64, taker_ppm: i64) -> None:
        self.maker_ppm: i64 = maker_ppm
        self.taker_ppm: i64 = taker_ppm
        self.highest_ppm: i64 = max(taker_ppm, maker_ppm)


@mypyc_attr(acyclic=True)
class Total:
    """The sum of all users' money in one asset, in units."""

    __slots__ = ("units",)

    def __init__(self) -> None:
        self.units: i64 = 0


@mypyc_attr(acyclic=True)
class Balance:
    """A user's money in one asset, in units."""

    __slots__ = ("asset", "available", "locked", "packed_head", "touched", "user_id")

    def __init__(self, user_id: bytes, asset: str, available: i64, locked: i64) -> None:
        self.user_id = user_id
        self.asset = asset
        self.packed_head = b"\x95" + packed((TAG_BALANCE, user_id, asset))[1:]
        """How its BalanceChanged events begin in the log: an array of five, of which these are three."""
        self.available: i64 = available
        self.locked: i64 = locked
        self.touched: i64 = 0
        """Serial number of the last command that changed it: each command reports a balance once."""
