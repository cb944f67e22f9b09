"""Who sent a request, where proxies stand between the client and us."""

from __future__ import annotations

import ipaddress

import msgspec


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
        for candidate in (claimed, peer):
            try:
                return str(ipaddress.ip_address(candidate))
            except ValueError:
                continue
        return ""


DIRECT = Proxy()
"""No proxy is between the client and this process."""
