"""Parameters that operations of several subjects have."""

from __future__ import annotations

from typing import Final

import msgspec

from functions.wallet import idempotency
from mycrypto.http.operation import Parameter

PAGE: Final = (Parameter("page", "integer", "From 1"), Parameter("limit", "integer", "Rows of a page, 1 to 100 (20)"))
NETWORK: Final = Parameter("network", "string", "As of /api/wallet/networks; the currency's first one without it")
STATUS: Final = Parameter("status", "string", "Only this status")
ONCE: Final = Parameter(
    idempotency.HEADER,
    "string",
    f"New for each request, the same when it is sent again: then the answer is the same for 24 hours. {idempotency.EARLIER_HEADER} is understood too",
    place="header",
    required=True,
    shape={"minLength": 1, "maxLength": idempotency.KEY_LENGTH_MAX, "pattern": "^[!-~]([ -~]*[!-~])?$"},
)
ONCE_IF_GIVEN: Final = msgspec.structs.replace(ONCE, required=False)
