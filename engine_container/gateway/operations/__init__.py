"""What the API document says of each operation, as tables by subject; a test holds them against the routes that the gateway really has."""

from __future__ import annotations

from typing import Final

from engine_container.gateway import routes
from engine_container.gateway.operations.administration import ADMINISTRATION
from engine_container.gateway.operations.orders import ORDERS
from engine_container.gateway.operations.reading import READING
from engine_container.gateway.operations.sockets import SOCKETS
from mycrypto.http.operation import Operation, classes_of, declared
from mycrypto.permissions import OPEN

LEGACY: Final = (*ORDERS, *READING, *SOCKETS, *ADMINISTRATION)
OPERATIONS: Final = (*LEGACY, *(operation for kind in classes_of(routes) for operation, _ in declared(kind)))

PAGES: Final = tuple(
    Operation(method="get", path=path, name=name, summary=summary, tag="operations", permission=OPEN)
    for path, name, summary in (
        ("/api/v1/openapi.json", "tradingDocument", "The document of the trading API"),
        ("/api/v1/docs", "docs", "A page to read the documents and try them"),
        ("/api/v1/docs.js", "docsScript", "What that page runs"),
        ("/metrics", "metrics", "What the process counts, in the text format of Prometheus"),
    )
)
"""What is not described as an operation of the API."""
