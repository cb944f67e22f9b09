"""The OpenAPI document of auth. ``python -m functions.auth.openapi`` prints it; ``docs/api/auth.json`` is that, and a test compares them."""

from __future__ import annotations

import sys
from typing import Final

from functions.auth.operations.accounts import ACCOUNTS
from functions.auth.operations.identity import IDENTITY
from functions.auth.operations.second_factor import SECOND_FACTOR
from functions.auth.operations.staff import STAFF
from mycrypto import permissions
from mycrypto.http.openapi import BEARER, BEHIND_API_GATEWAY, Service, service_operations
from mycrypto.http.operation import Operation

_KEY_SET: Final = {
    "type": "object",
    "description": "A JSON Web Key Set (RFC 7517)",
    "required": ["keys"],
    "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
}
_KEYS: Final = Operation(
    method="get",
    path="/api/auth/.well-known/jwks.json",
    name="keySet",
    summary="The public keys of access tokens",
    tag="operations",
    answer=_KEY_SET,
    errors=(),
    permission=permissions.OPEN,
)

OPERATIONS: Final = (*service_operations("auth"), _KEYS, *ACCOUNTS, *SECOND_FACTOR, *IDENTITY, *STAFF)

SERVICE: Final = Service(
    title="MyCrypto accounts API",
    description="Accounts, sessions, second factor, API keys and identity. Every refusal is a problem document with a code of the catalogue.",
    operations=OPERATIONS,
    anywhere=BEHIND_API_GATEWAY,
    security={"bearer": BEARER},
    figures={"API_KEY_LIMIT": {"limit": 10}},
    shapes={
        "session_id": {"format": "uuid"},
        "row_id": {"format": "uuid"},
        "submission_id": {"format": "uuid"},
        "user_id": {"format": "uuid"},
        "limit": {"minimum": 1, "maximum": 100},
        "offset": {"minimum": 0, "maximum": 1_000_000},
    },
)

if __name__ == "__main__":
    sys.stdout.write(SERVICE.text())
