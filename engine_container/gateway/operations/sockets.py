"""The sockets as HTTP sees them; what is said over them is the AsyncAPI document's."""

from __future__ import annotations

from typing import Final

from mycrypto import permissions
from mycrypto.http.operation import Operation

_CHANNELS: Final = (
    ("/ws", "openSocket", "A socket for any number of streams, and for orders"),
    ("/ws/orderbook/{symbol}", "openOrderBook", "A socket with the book of a symbol: a snapshot, then its changes"),
    ("/ws/orders", "openOrders", "A socket with the changes of own orders"),
    ("/ws/trades/{symbol}", "openTrades", "A socket with the trades of a symbol"),
)

_SOCKET: Final = permissions.Permission(instead="to listen to own orders, to trade: as the actions of the socket say")

SOCKETS: Final = tuple(
    Operation(
        method="get", path=path, name=name, summary=summary, tag="sockets", status=101, errors=("UPGRADE_REQUIRED",), permission=_SOCKET
    )
    for path, name, summary in _CHANNELS
)
