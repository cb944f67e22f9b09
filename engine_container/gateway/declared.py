"""Every operation that the gateway offers, as its handlers declare them."""

from __future__ import annotations

from typing import Any, Final

from engine_container.gateway import routes
from engine_container.gateway.routes.new_orders import NewOrders
from engine_container.gateway.routes.orders import Orders
from engine_container.gateway.sockets.server import Sockets
from mycrypto.http.operation import classes_of, declared

_BUSIEST: Final[tuple[type[Any], ...]] = (NewOrders, Orders)
"""Their routes are tried first, and examples in the document are theirs where they have one."""

HANDLERS: Final = (*_BUSIEST, *(kind for kind in classes_of(routes) if kind not in _BUSIEST), Sockets)
"""Classes with handlers: those of every file in ``routes``, and the sockets. Each is made with the gateway's parts alone."""

OPERATIONS: Final = tuple(operation for kind in HANDLERS for operation, _ in declared(kind))
