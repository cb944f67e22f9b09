"""Every HTTP handler is declared, every declared operation has a route, and the routes of API Gateway follow from the declarations."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute, Route, WebSocketRoute

from engine_container.gateway.declared import OPERATIONS as TRADING
from engine_container.gateway.parts import Gateway
from engine_container.gateway.router import in_order, routes
from engine_container.gateway.settings import GatewaySettings
from functions.auth.openapi import OPERATIONS as ACCOUNTS
from functions.wallet.openapi import OPERATIONS as WALLET
from infra.routes import ROUTES, RouteError, routes_of
from mycrypto.http.operation import SWITCHED, Operation

ROOT = Path(__file__).resolve().parents[3]
TAKES = {"Call", "Request"}
"""What a handler's first argument is called after."""


def handlers_without_declaration(source: str) -> set[str]:
    """Public functions and methods that take a whole request and are neither declared nor another handler's other half."""
    tree = ast.parse(source)
    stand_ins = {
        node.args[0].attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in {"by_mode", "by_order_id"}
        and isinstance(node.args[0], ast.Attribute)
    }
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        taken = [argument.annotation for argument in node.args.args if argument.arg != "self"]
        if not taken or getattr(taken[0], "id", "") not in TAKES or len(taken) < len(node.args.args) - 1:
            continue
        declared = any(isinstance(each, ast.Call) for each in node.decorator_list)
        if not declared and node.name not in stand_ins:
            found.add(node.name)
    return found


def test_every_handler_of_the_gateway_is_declared() -> None:
    sources = [path.read_text() for path in sorted((ROOT / "engine_container/gateway/routes").glob("*.py"))]
    assert handlers_without_declaration("\n".join(sources).replace("from __future__ import annotations", "")) == set()


def test_a_handler_without_a_declaration_is_found() -> None:
    assert handlers_without_declaration("class A:\n    async def get(self, call: Call) -> Reply: ...") == {"get"}
    assert handlers_without_declaration("def get(request: Request, row_id: str) -> Any: ...") == {"get"}
    assert handlers_without_declaration("@Operation(method='get')\ndef get(request: Request) -> Any: ...") == set()


@pytest.fixture(scope="module")
def table() -> list[BaseRoute]:
    return routes(Gateway(GatewaySettings(kafka_bootstrap_servers="127.0.0.1:1", redis_url="redis://127.0.0.1:1", jwks_file="none")))


def test_the_gateway_routes_exactly_what_is_declared(table: list[BaseRoute]) -> None:
    real = {
        (method.lower(), route.path.replace(":path", ""))
        for route in table
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert real == {(operation.method, operation.path) for operation in TRADING}
    sockets = {route.path.replace(":path", "") for route in table if isinstance(route, WebSocketRoute)}
    assert sockets == {operation.path for operation in TRADING if operation.status == SWITCHED}


def test_no_route_takes_what_a_later_one_says_more_exactly(table: list[BaseRoute]) -> None:
    """The path of each declaration, with plain words in the place of its parts, comes to its own route first."""
    for operation in TRADING:
        path = operation.path.replace("{", "").replace("}", "")
        first = next(
            route
            for route in table
            if isinstance(route, Route) and route.path_regex.match(path) and operation.method.upper() in (route.methods or ())
        )
        assert first.path.replace(":path", "") == operation.path


def test_paths_that_say_more_go_first_whatever_the_order_of_the_files() -> None:
    paths = [
        "/api/v1/markets/{symbol}",
        "/api/v1/orders/{order_id}",
        "/api/v1/markets/{symbol}/ticker",
        "/api/v1/orders/by-client-id/{client_order_id}",
        "/api/v1/orders/oco/{list_id}",
    ]
    for given in (paths, paths[::-1]):
        ordered = in_order(given)
        assert ordered.index("/api/v1/markets/{symbol}/ticker") < ordered.index("/api/v1/markets/{symbol}")
        assert ordered.index("/api/v1/orders/by-client-id/{client_order_id}") < ordered.index("/api/v1/orders/{order_id}")
        assert ordered.index("/api/v1/orders/oco/{list_id}") < ordered.index("/api/v1/orders/{order_id}")


@pytest.mark.parametrize("operations", [ACCOUNTS, WALLET, TRADING], ids=["auth", "wallet", "gateway"])
def test_operations_have_names_of_their_own(operations: Sequence[Operation]) -> None:
    for what in ([operation.name for operation in operations], [(operation.method, operation.path) for operation in operations]):
        assert len(what) == len(set(what))


@pytest.mark.parametrize("function", ["auth", "wallet"])
def test_every_handler_of_a_function_is_declared(function: str) -> None:
    for path in sorted((ROOT / f"functions/{function}/routes").glob("*.py")):
        assert handlers_without_declaration(path.read_text()) == set(), path


@pytest.mark.parametrize("operations", [ACCOUNTS, WALLET], ids=["auth", "wallet"])
def test_api_gateway_lets_strangers_through_to_open_operations_and_to_nothing_else(operations: Sequence[Operation]) -> None:
    for operation in operations:
        path = operation.path.replace("{", "").replace("}", "")
        fitting = [route for route in ROUTES if fnmatchcase(path, route.path.replace("{proxy+}", "*"))]
        assert max(fitting, key=lambda route: len(route.path.removesuffix("{proxy+}"))).public is operation.permission.is_open, (
            operation.path
        )


def test_every_public_route_of_api_gateway_is_declared() -> None:
    declared = [operation.path for operation in (*ACCOUNTS, *WALLET) if operation.permission.is_open]
    for route in ROUTES:
        start = route.path.partition("{")[0]
        assert not route.public or any(path == route.path or (start != route.path and path.startswith(start)) for path in declared), (
            route.path
        )


def document(**paths: bool) -> dict[str, Any]:
    """With a private operation where it says so."""
    return {"paths": {path.replace("_", "/"): {"get": {"security": []} if private else {}} for path, private in paths.items()}}


def test_routes_below_a_public_resource_are_named_and_a_mixed_path_is_refused() -> None:
    made = routes_of("auth", "/api", document(_api_login=False, _api_login_key=True, _api_login_keys_list=True, _api_own=True))
    assert {(route.path, route.public) for route in made} == {("/api/login", True), ("/api/{proxy+}", False)} | {
        ("/api/login/{proxy+}", False)
    }
    with pytest.raises(RouteError, match="/api/login"):
        routes_of("auth", "/api", {"paths": {"/api/login": {"get": {}, "put": {"security": []}}}})
