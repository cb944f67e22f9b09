"""A phone with an authenticator: each code opens once, so it goes from one thirty seconds' code to the next, beginning with the oldest accepted."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import pyotp

PERIOD_S: Final = 30
MARGIN_S: Final = 20


class Authenticator:
    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._codes = pyotp.TOTP(secret)
        self._step = int(time.time()) // PERIOD_S - 2

    async def code(self) -> str:
        """A code that was not shown before; waits where the next one is not accepted yet."""
        # The oldest that is accepted now is refused in a moment where its time is nearly over: an answer under load may take that moment.
        self._step = max(self._step + 1, int(time.time() + MARGIN_S) // PERIOD_S - 1)
        await asyncio.sleep(max(0.0, (self._step - 1) * PERIOD_S - time.time()))  # one step of clock difference is allowed
        return str(self._codes.generate_otp(self._step))

    def wrong(self) -> str:
        """A code that is not accepted now."""
        good = {self._codes.generate_otp(int(time.time()) // PERIOD_S + near) for near in range(-3, 4)}
        return next(code for code in ("000000", "111111", *(f"{n:06}" for n in range(9))) if code not in good)
