"""The four dashboards with the numbers of this machine, drawn from the same definitions as those on AWS.

The front door serves them, but another process draws them: reading logs would hold up the orders that travel through the door.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import Final

from mycrypto.errors import ProblemError, invalid

MINUTES_DEFAULT: Final = 15
MINUTES_MAX: Final = 30 * 24 * 60
KEPT_SECONDS: Final = 3.0
DRAW_SECONDS_MAX: Final = 60
log = logging.getLogger("dashboard")


class Painter:
    """Draws one page at a time and keeps it for a moment, however many browsers ask."""

    def __init__(self, state_folder: str) -> None:
        self._state_folder = state_folder
        self._lock = asyncio.Lock()
        self._kept: dict[int, tuple[float, bytes]] = {}

    async def page(self, minutes_text: str) -> bytes:
        """The page over the last minutes. Raises VALIDATION_ERROR, NOT_FOUND where there are no logs, SERVICE_UNAVAILABLE."""
        if not self._state_folder:
            raise ProblemError("NOT_FOUND", "in containers the page is written by: mycrypto dashboard --page FILE")
        minutes = _minutes(minutes_text)
        async with self._lock:
            drawn_at, page = self._kept.get(minutes, (0.0, b""))
            if not page or time.monotonic() - drawn_at > KEPT_SECONDS:
                page = await self._draw(minutes)
                self._kept = {minutes: (time.monotonic(), page)}
            return page

    async def _draw(self, minutes: int) -> bytes:
        words = ("-m", "mycrypto_local.dashboard", self._state_folder, str(minutes))
        painter = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(DRAW_SECONDS_MAX):
                page, said = await painter.communicate()
        except TimeoutError:
            painter.kill()
            await painter.wait()
            raise ProblemError("SERVICE_UNAVAILABLE", "the dashboards took too long to draw", headers={"Retry-After": "5"}) from None
        if painter.returncode:
            reason = said.decode(errors="replace").strip()
            log.warning("the dashboards were not drawn: %s", reason)
            raise ProblemError("SERVICE_UNAVAILABLE", reason.rpartition("\n")[2][:500], headers={"Retry-After": "5"})
        return page


def _minutes(text: str) -> int:
    if not text:
        return MINUTES_DEFAULT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MINUTES_MAX or len(text) > 9:
        raise invalid("minutes", f"must be from 1 to {MINUTES_MAX}")
    return int(text)
