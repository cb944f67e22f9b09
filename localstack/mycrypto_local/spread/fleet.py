"""Which gateways there are, and which of them serve now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import httpx

PROBE_EVERY_SECONDS: Final = 0.25
PROBE_SECONDS_MAX: Final = 2.0
"""A gateway that says nothing for so long hangs."""
CONNECT_SECONDS_MAX: Final = 1.0
IDLE_SECONDS_MAX: Final = 60.0
"""An idle connection is ours to close: the gateway keeps it for longer, so that no request meets a closed one."""
READY: Final = "/ready"
log = logging.getLogger("front-door")


class Member:
    """One gateway: where it listens, by the port of the door that leads there."""

    def __init__(self, name: str, addresses: Sequence[str]) -> None:
        self.name = name
        self.addresses = tuple(addresses)
        """``http://HOST:PORT``; the first one answers the probes."""
        self.serves = False
        self.under_way = 0
        self.last_chosen = 0

    @contextmanager
    def occupied(self) -> Iterator[None]:
        """While a request or a socket is with it."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1


class Fleet:
    """All gateways. A gateway is left out by the first request that finds it gone, and comes back when it says that it is ready."""

    def __init__(self, members: Sequence[Member], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.members = tuple(members)
        self.client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS_MAX),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=256, keepalive_expiry=IDLE_SECONDS_MAX),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def turns(self) -> Iterator[Member]:
        """The gateways in the order in which a request tries them, each once: those that serve, the least occupied first; then
        the others, since a gateway may be back before its next probe.
        """
        tried: set[str] = set()
        while left := [member for member in self.members if member.name not in tried]:
            serving = [member for member in left if member.serves]
            member = min(serving or left, key=lambda each: (each.under_way, each.last_chosen))
            member.last_chosen = 1 + max(each.last_chosen for each in self.members)
            tried.add(member.name)
            yield member

    @staticmethod
    def leave_out(member: Member, reason: object) -> None:
        """Give it nothing until it is ready again."""
        if member.serves:
            log.warning("%s is left out: %r", member.name, reason)
        member.serves = False

    async def watch(self) -> None:
        """Ask each gateway again and again if it is ready, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for member in self.members:
                group.create_task(self._watch(member))

    async def probe(self, member: Member) -> None:
        """Ask one gateway once."""
        try:
            ready = (await self.client.get(member.addresses[0] + READY, timeout=PROBE_SECONDS_MAX)).is_success
        except httpx.HTTPError as error:
            self.leave_out(member, error)
            return
        if not ready:
            self.leave_out(member, "it is not ready")
        elif not member.serves:
            log.info("%s serves", member.name)
            member.serves = True

    async def _watch(self, member: Member) -> None:
        while True:
            await self.probe(member)
            await asyncio.sleep(PROBE_EVERY_SECONDS)

    async def close(self) -> None:
        await self.client.aclose()
