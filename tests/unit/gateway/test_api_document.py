"""The committed OpenAPI document is what the code says, and the code's routes are all in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from engine_container.gateway import asyncapi
from engine_container.gateway.app import routes
from engine_container.gateway.openapi import OPERATIONS, document, text
from engine_container.gateway.parts import Gateway
from engine_container.gateway.settings import GatewaySettings
from engine_container.gateway.sockets import connection
from mycrypto.contracts import api, trading

ROOT = Path(__file__).resolve().parents[3]
UNDOCUMENTED = {"/metrics", "/api/v1/openapi.json", "/api/v1/docs"}


def test_the_committed_document_is_up_to_date() -> None:
    assert (ROOT / "docs/api/openapi.json").read_text() == text(), "run: python -m engine_container.gateway.openapi > docs/api/openapi.json"


def test_every_route_is_documented_and_every_documented_one_exists() -> None:
    gateway = Gateway(GatewaySettings(kafka_bootstrap_servers="unused:1", redis_url="redis://unused:1", jwks_file="none"))
    real = {
        (method.lower(), route.path.replace(":path", ""))
        for route in routes(gateway)
        if isinstance(route, Route) and route.path not in UNDOCUMENTED
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert real == {(operation.method, operation.path) for operation in OPERATIONS}


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere() -> None:
    made = document()
    for schema in made["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    names = set(made["components"]["schemas"])
    found = {part.split('"')[0] for part in json.dumps(made).split("#/components/schemas/")[1:]}
    assert found <= names


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (api.SideName, trading.Side),
        (api.OrderTypeName, trading.OrderType),
        (api.TimeInForceName, trading.TimeInForce),
        (api.OrderStatusName, trading.OrderStatus),
        (api.SymbolStatusName, trading.SymbolStatus),
    ],
)
def test_names_on_the_wire_are_the_vocabularys_in_its_order(names: object, kind: type[trading.Side]) -> None:
    assert list(get_args(names)) == [member.name for member in kind]


def test_the_committed_socket_document_is_up_to_date() -> None:
    assert (ROOT / "docs/api/asyncapi.json").read_text() == asyncapi.text(), (
        "run: python -m engine_container.gateway.asyncapi > docs/api/asyncapi.json"
    )


def test_the_socket_document_names_every_message_and_close_code_of_the_code() -> None:
    folder = ROOT / "engine_container/gateway/sockets"
    source = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    said = set(re.findall(r'"type": "(\w+)"', source))
    assert said == set(asyncapi.messages())
    codes = {value for name, value in vars(connection).items() if name.startswith("CLOSE_")}
    assert codes <= set(asyncapi.CLOSE_CODES)
