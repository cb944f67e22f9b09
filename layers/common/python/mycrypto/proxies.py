"""Who sent a request, where proxies stand between the client and us."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

import msgspec

LENGTH_MAX: Final = 64
"""No address is longer, and what is remembered has a bound."""


class Proxy(msgspec.Struct, frozen=True):
    """Whose word about the client's address counts.

    Without ``header`` only the peer of the connection counts. With it, the address that stands ``hops`` places from the right: each
    trusted proxy appends the peer it saw, so entries further left are the client's own invention.
    """

    header: str = ""
    hops: int = 1

    def client_ip(self, peer: str, forwarded: str) -> str:
        """The client's address, where ``forwarded`` is what came in the header; "" where neither it nor ``peer`` is an address."""
        chain = [part.strip() for part in forwarded.split(",")] if self.header else []
        claimed = chain[-self.hops] if 0 < self.hops <= len(chain) else ""
        return _address(claimed) or _address(peer)


def _address(text: str) -> str:
    """An address as it is written normally; "" for any other text."""
    return _normal(text) if len(text) <= LENGTH_MAX else ""


@lru_cache(maxsize=4_096)
def _normal(text: str) -> str:
    """Clients send many requests from one address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


DIRECT = Proxy()
"""No proxy is between the client and this process."""
