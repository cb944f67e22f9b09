"""What every chapter of the full demo has: the exchange, two of staff, and the way in which steps and checks are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

import psycopg

from mycrypto_local.actors import Exchange
from mycrypto_local.authenticator import Authenticator
from mycrypto_local.client import JSON, Api, ApiError, Trader
from mycrypto_local.running import Running

T = TypeVar("T")
SEEN_SECONDS_MAX: Final = 150.0
"""For what a queue, a worker or the minute job does."""
LOOK_SECONDS: Final = 0.7
"""A user may ask a hundred times a minute."""
_TOKEN: Final = "token="  # noqa: S105 - the word before one


class Steps(Protocol):
    """Plays a step and tells of it."""

    async def __call__(self, title: str, work: Awaitable[T], outcome: str = "") -> T: ...


@dataclass
class Stage:
    running: Running
    exchange: Exchange
    step: Steps
    check: Callable[[bool, str, object], None]
    first: Trader
    """Two administrators: the first proposes, the second decides."""
    second: Trader
    _used: set[str] = field(default_factory=set)

    @property
    def api(self) -> Api:
        return self.exchange.api

    async def refused(self, title: str, work: Awaitable[Any], code: str) -> None:
        """What must be refused, with this code."""
        try:
            answer = await work
        except ApiError as error:
            self.check(error.code == code, f"{title} is refused with {code}", error)
        else:
            self.check(False, f"{title} is refused with {code}", answer)

    async def until(self, look: Callable[[], Awaitable[T]], good: Callable[[T], bool]) -> T:
        """Look until it is good; raises ``TimeoutError`` with what was seen last."""
        deadline = time.monotonic() + SEEN_SECONDS_MAX
        while not good(seen := await look()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {SEEN_SECONDS_MAX:.0f} s still {seen}")
            await asyncio.sleep(LOOK_SECONDS)
        return seen

    async def join(self, name: str) -> Trader:
        """A fresh user whose mail of the registration counts as read."""
        trader = await self.step(f"{name} registers and confirms the mail", self.exchange.new_trader(name.lower()), "e-mail verified")
        await self.mailed_token(trader.email)
        return trader

    async def mailed_token(self, address: str) -> str:
        """The token of the newest mail to an address whose token was not used before."""

        async def look() -> str:
            for mail in await self.api.mails(address):
                _, found, rest = str(mail["text"]).partition(_TOKEN)
                if found and rest[:64] not in self._used:
                    return rest[:64]
            return ""

        token = await self.until(look, bool)
        self._used.add(token)
        return token

    async def step_up(self, trader: Trader, phone: Authenticator) -> JSON:
        """Show the second factor once more, for what needs it fresh."""
        shown: JSON = await trader.call("POST", "/api/auth/2fa/verify", {"code": await phone.code()})
        return shown

    def as_owner(self, statement: str, *values: object) -> None:
        """What only the owner of the database can: let time pass that no route shortens."""
        with psycopg.connect(self.running.accounts_dsn) as connection:
            connection.execute(statement.encode(), values)
