"""One stream, and who listens to it."""

from __future__ import annotations

from typing import Any

from engine_container.gateway.binance.outlet import Outlet, encode


class Reader:
    """A socket that listens to streams; ``combined``: it wants to hear the stream's name with each event."""

    __slots__ = ("combined", "names", "outlet")

    def __init__(self, outlet: Outlet, *, combined: bool) -> None:
        self.outlet = outlet
        self.combined = combined
        self.names: dict[str, None] = {}


class Stream:
    __slots__ = ("_told", "name", "readers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.readers: set[Reader] = set()
        self._told: Any = None

    def tell(self, data: bytes) -> None:
        """Send an event to everybody who listens."""
        combined = b""
        for reader in self.readers:
            if not reader.combined:
                reader.outlet.push(data)
                continue
            combined = combined or b'{"stream":%b,"data":%b}' % (encode(self.name), data)
            reader.outlet.push(combined)

    def tell_changed(self, model: dict[str, Any], *ignored: str) -> None:
        """Send what is different from the last time, other than in these fields."""
        mark = {name: value for name, value in model.items() if name not in ignored}
        if mark != self._told:
            self._told = mark
            self.tell(encode(model))
