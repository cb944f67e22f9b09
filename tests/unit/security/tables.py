"""A table of operations for tests of the frame."""

from __future__ import annotations

from typing import Any

from mycrypto.http.operation import Operation, Parameter, Verb
from mycrypto.permissions import OPEN


def operation(method: Verb, path: str, *query: str, **changes: Any) -> Operation:
    """One that is open to all and takes a body with POST, unless told otherwise."""
    about: dict[str, Any] = {
        "body": {"type": "object"} if method == "post" else None,
        "parameters": tuple(Parameter(name, "string", "") for name in query),
        "permission": OPEN,
    }
    return Operation(method=method, path=path, name=f"{method}{path}", summary="", tag="", **(about | changes))
