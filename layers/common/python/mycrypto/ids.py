"""Identifiers: random UUIDv7 for rows, and the UUIDv7 of orders and trades that the engine's numbers stand behind.

Inside trading an order or trade is ``(created_ms, number)``: the log time in epoch milliseconds and the sequence number of
the event that made it, unique in its shard. Outside it is the UUIDv7 (RFC 9562) built from these, so that sorting by id is
sorting by time, and a look-up by id finds its partition without an index.
"""

from __future__ import annotations

import os
import time
from typing import Final, NamedTuple
from uuid import UUID

SHARD_SPOT: Final = 0
SHARD_PAPER: Final = (1 << 12) - 1
"""In the ids of paper orders and paper trades, which no engine makes."""

_VERSION: Final = 7
_VARIANT: Final = 0b10
_NUMBER_BITS: Final = 62
_NUMBER_MASK: Final = (1 << _NUMBER_BITS) - 1
_SHARD_MASK: Final = (1 << 12) - 1
_TAIL_BITS: Final = 48
_TAIL_MASK: Final = (1 << _TAIL_BITS) - 1


class TradingId(NamedTuple):
    """What a trading UUID is made of."""

    created_ms: int
    shard: int
    number: int


def _uuid7(ms: int, rand_a: int, rand_b: int) -> UUID:
    return UUID(int=(ms << 80) | (_VERSION << 76) | (rand_a << 64) | (_VARIANT << 62) | rand_b)


def trading_uuid(created_ms: int, number: int, shard: int = SHARD_SPOT) -> UUID:
    """The public id of the order or trade with this number (48 bits of time, 12 of shard, 62 of number)."""
    return _uuid7(created_ms, shard, number)


def parse_trading_uuid(value: UUID) -> TradingId | None:
    """The parts of a trading UUID, or ``None`` if the value is no UUIDv7 (then no such order or trade exists)."""
    if value.version != _VERSION:
        return None
    bits = value.int
    return TradingId(bits >> 80, (bits >> 64) & _SHARD_MASK, bits & _NUMBER_MASK)


def new_uuid() -> UUID:
    """A fresh, time-ordered UUIDv7 for rows, messages, transfers and commands. Reads the clock: never call it in the core."""
    random = int.from_bytes(os.urandom(10), "big")
    return _uuid7(time.time_ns() // 1_000_000, (random >> 62) & _SHARD_MASK, random & _NUMBER_MASK)


def uuid_text(raw: bytes) -> str:
    """16 bytes in the usual form with hyphens, as ``str(UUID(bytes=raw))`` gives it, without making the object."""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def trading_uuid_text(created_ms: int, number: int, shard: int = SHARD_SPOT) -> str:
    """The public id of an order or trade as text: as ``str(trading_uuid(...))``, without making the object."""
    time = f"{created_ms:012x}"
    return f"{time[:8]}-{time[8:]}-{_VERSION:x}{shard:03x}-{_VARIANT << 14 | number >> _TAIL_BITS:04x}-{number & _TAIL_MASK:012x}"
