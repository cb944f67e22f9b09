"""How many of the processes there are that can be more than one, and what each is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

GATEWAYS_MAX: Final = 4
STANDBY_MAX: Final = 2
PORTS_FROM: Final = {"gateway": 8090, "binance": 8100, "engine": 8110}
"""Where the usual ports of further processes begin."""
_NUMBER: Final = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class Replicas:
    """``gateways``: with one, the front door is in its process; with more, it is a process of its own before them. ``standby``: engines that wait
    to take over.
    """

    gateways: int = 1
    standby: int = 0

    def engines(self) -> Iterator[str]:
        """All are equal: whichever gets the lease publishes."""
        yield "engine"
        yield from (f"engine-{number}" for number in range(2, self.standby + 2))

    def spread_gateways(self) -> Iterator[str]:
        """Those behind a front door of its own; none where there is one gateway."""
        if self.gateways > 1:
            yield from (f"gateway-{number}" for number in range(1, self.gateways + 1))

    def usual_ports(self) -> dict[str, int]:
        """Of what one of each does not have."""
        names = [name for name in self.engines() if name != "engine"]
        for gateway in self.spread_gateways():
            names += [gateway, binance_name(gateway)]
        return {name: PORTS_FROM[kind(name)] + int(name.rpartition("-")[2]) for name in names}


ONE_OF_EACH: Final = Replicas()


def kind(name: str) -> str:
    """What a process is: ``gateway`` of ``gateway-2``."""
    return _NUMBER.sub("", name)


def binance_name(gateway: str) -> str:
    """How the second port of a gateway is called."""
    return gateway.replace("gateway", "binance")
