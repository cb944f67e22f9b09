"""What users have and pay: their money per asset, what all of them have together, and the rates of fees."""

from __future__ import annotations

from mypy_extensions import i64, mypyc_attr

from engine_container.core.storage.packed_text import first_word
from engine_container.core.storage.uuid_table import ID_LENGTH, high_of, low_of
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
    """An asset, and the sum of all users' money in it, in units."""

    __slots__ = ("asset", "packed_asset", "packed_size", "packed_word", "units")

    def __init__(self, asset: str) -> None:
        self.asset = asset
        self.packed_asset = packed(asset)
        """The asset as events carry it."""
        self.packed_size: i64 = len(self.packed_asset)
        self.packed_word: i64 = first_word(self.packed_asset)
        """The same in integers: how many bytes, and the first 8 of them."""
        self.units: i64 = 0


@mypyc_attr(acyclic=True)
class Balance:
    """A user's money in one asset, in units."""

    __slots__ = ("available", "locked", "total", "touched", "touched_next", "user_high", "user_id", "user_low")

    def __init__(self, user_id: bytes, total: Total, available: i64, locked: i64) -> None:
        self.total = total
        """Of the asset."""
        self.available: i64 = available
        self.locked: i64 = locked
        self.touched: i64 = 0
        """Serial number of the last command that changed it: each command reports a balance once."""
        self.touched_next: Balance | None = None
        """The one that the command changed after this one, while it is carried out."""
        self.user_high: i64 = high_of(user_id) if len(user_id) == ID_LENGTH else 0
        self.user_low: i64 = low_of(user_id) if len(user_id) == ID_LENGTH else 0
        self.user_id = user_id
