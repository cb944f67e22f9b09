"""The routes of the REST API, made of what the functions declare: which operations need no access token. Everything else below a function's
prefix goes through the authorizer.

The declarations are read from the committed documents in ``docs/api``, which tests hold equal to the code: a deployment need not install what the
functions import.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from infra import names

JWKS_PATH: Final = "/api/auth/.well-known/jwks.json"
ROOT_JWKS_PATH: Final = "/.well-known/jwks.json"
"""The same at the root of the origin, where the standard's readers look (RFC 8615)."""
_REST: Final = "{proxy+}"
_DOCUMENTS: Final = Path(__file__).resolve().parents[1] / "docs/api"


class RouteError(ValueError):
    """The declarations cannot be told apart by path."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path of the API. Every method goes to the function, so that a wrong one gets the function's 405 and not the gateway's 403."""

    path: str
    function: str
    public: bool


def routes_of(function: str, prefix: str, document: Mapping[str, Any]) -> tuple[Route, ...]:
    """The routes of a function, from its OpenAPI document. Raises RouteError where a public operation and a private one have one path.

    Every public path is a route of its own; one with parts is open from its first part's place on. Below a path that is a resource of its own only
    what is named there is sure to be found, so private operations there get routes too.
    """
    public: set[str] = set()
    private: set[str] = set()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            (private if "security" in operation else public).add(path)
    open_from = {path.partition("{")[0] for path in public if "{" in path}
    named = {path for path in public if not any(path.startswith(start) for start in open_from)}
    if shared := (public & private) | {path for path in private if any(path.startswith(start) for start in open_from)}:
        raise RouteError(f"public and private at once: {', '.join(sorted(shared))}")
    resources = named | {above for path in named for above in _above(path, prefix)}
    routes = dict.fromkeys(named, True) | {f"{start}{_REST}": True for start in open_from}
    routes |= dict.fromkeys(resources & private, False)
    below = {max((above for above in _above(path, prefix) if above in resources | {prefix}), key=len) for path in private - resources}
    routes |= {f"{above}/{_REST}": False for above in below | {prefix}}
    return tuple(Route(path=path, function=function, public=routes[path]) for path in sorted(routes))


def _above(path: str, prefix: str) -> Iterator[str]:
    """The paths above a path, down from the prefix."""
    while (path := path.rpartition("/")[0]) and path.startswith(prefix):
        yield path


ROUTES: Final = tuple(
    route
    for function, prefix in ((names.FUNCTION_AUTH, "/api/auth"), (names.FUNCTION_WALLET, "/api/wallet"))
    for route in routes_of(function, prefix, json.loads((_DOCUMENTS / f"{function}.json").read_text()))
)
