"""How often this process connects to a broker. Amazon MSK counts new IAM connections (``kafka.t3.small`` takes 4 a second and broker) and refuses more,
so that clients which all try again at once would keep each other out.
"""

from __future__ import annotations

import asyncio
from typing import Final

AT_ONCE: Final = 4
SECONDS_EACH: Final = 1.0
"""After those at once, so long for each further one: several processes share what a broker takes."""


class Pace:
    """Of the connections to one broker."""

    def __init__(self) -> None:
        self._free_at = 0.0
        """When all that was spent has come back."""

    def delay(self, now: float) -> float:
        """Count one connection; how many seconds it has to wait."""
        self._free_at = max(self._free_at, now) + SECONDS_EACH
        return max(0.0, self._free_at - now - AT_ONCE * SECONDS_EACH)


_paces: dict[tuple[str, int], Pace] = {}


async def pace(host: str, port: int) -> None:
    """Wait until this process may connect to the broker."""
    delay = _paces.setdefault((host, port), Pace()).delay(asyncio.get_running_loop().time())
    if delay:
        await asyncio.sleep(delay)
