"""The OpenAPI document of auth. ``python -m functions.auth.openapi`` prints it; ``docs/api/auth.json`` is that, and a test compares them."""

from __future__ import annotations

import sys
from typing import Final

from functions.auth import routes
from mycrypto.http.openapi import BEARER, BEHIND_API_GATEWAY, Service, service_operations
from mycrypto.http.operation import declared_in

OPERATIONS: Final = (*service_operations("auth"), *(operation for operation, _ in declared_in(routes)))

SERVICE: Final = Service(
    title="MyCrypto accounts API",
    description="Accounts, sessions, second factor, API keys and identity. Every refusal is a problem document with a code of the catalogue.",
    operations=OPERATIONS,
    anywhere=BEHIND_API_GATEWAY,
    security={"bearer": BEARER},
    figures={"API_KEY_LIMIT": {"limit": 10}},
    shapes={
        "session_id": {"format": "uuid"},
        "device_id": {"format": "uuid"},
        "row_id": {"format": "uuid"},
        "submission_id": {"format": "uuid"},
        "user_id": {"format": "uuid"},
        "limit": {"minimum": 1, "maximum": 100},
        "offset": {"minimum": 0, "maximum": 1_000_000},
    },
)

if __name__ == "__main__":
    sys.stdout.write(SERVICE.text())
