"""The committed OpenAPI documents are what the code says, the code's routes are all in them, and every error has its example."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from engine_container.gateway import asyncapi
from engine_container.gateway import openapi as trading_api
from engine_container.gateway.sockets import connection
from functions.auth import openapi as auth_api
from functions.wallet import openapi as wallet_api
from mycrypto.contracts import api, trading
from mycrypto.errors import CATALOGUE, ProblemError

ROOT = Path(__file__).resolve().parents[3]
FUNCTION_ENVIRONMENT = {
    **os.environ,
    "STAGE": "local",
    "DATABASE_URL": "postgresql://unused",
    "REDIS_URL": "redis://127.0.0.1:1",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "JWT_SECRET_NAME": "unused",
    "TWO_FACTOR_SECRET_NAME": "unused",
    "WEBHOOKS_SECRET_NAME": "unused",
    "WALLET_SECRET_NAME": "unused",
    "CODES_FUNCTION": "unused",
    "PUBLIC_URL": "https://exchange.example",
    "POWERTOOLS_SERVICE_NAME": "docs",
}


DOCUMENTS = {
    "openapi": ("engine_container.gateway.openapi", trading_api.SERVICE),
    "auth": ("functions.auth.openapi", auth_api.SERVICE),
    "wallet": ("functions.wallet.openapi", wallet_api.SERVICE),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_committed_document_is_up_to_date(name: str) -> None:
    module, service = DOCUMENTS[name]
    assert (ROOT / f"docs/api/{name}.json").read_text() == service.text(), f"run: python -m {module} > docs/api/{name}.json"


@pytest.mark.parametrize("name", ["auth", "wallet"])
def test_a_function_routes_exactly_what_it_declares(name: str) -> None:
    """The routes are asked of the handler in a process of its own: importing it reads the environment of one function."""
    api = {"auth": "functions.auth.handler import api", "wallet": "functions.wallet.handler import api"}[name]
    asked = f"import json; from {api}; print(json.dumps([(each.method, each.path) for each in api.operations]))"
    found = subprocess.run([sys.executable, "-c", asked], env=FUNCTION_ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {tuple(each) for each in json.loads(found.stdout)} == {
        (operation.method, operation.path) for operation in DOCUMENTS[name][1].operations
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_schema_is_a_schema_and_every_reference_leads_somewhere(name: str) -> None:
    made = DOCUMENTS[name][1].document()
    for schema in made["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for kind in ("schemas", "examples"):
        found = {part.split('"')[0] for part in json.dumps(made).split(f"#/components/{kind}/")[1:]}
        assert found <= set(made["components"][kind])


def test_every_error_of_the_catalogue_is_documented_with_an_example() -> None:
    """And each example is a problem document that says what the catalogue says."""
    examples = [example for _, service in DOCUMENTS.values() for example in service.document()["components"]["examples"].items()]
    assert {code for code, _ in examples} == set(CATALOGUE)
    for code, example in examples:
        problem = example["value"]
        assert problem["code"] == code
        assert problem.keys() >= ProblemError(code).body().keys()
        assert (problem["status"], problem["message"]) == (CATALOGUE[code].status, CATALOGUE[code].message)


@pytest.mark.parametrize(("name", "folder"), [("auth", "functions/auth"), ("wallet", "functions/wallet")])
def test_a_code_that_a_function_names_is_in_its_document(name: str, folder: str) -> None:
    source = "".join(path.read_text() for path in sorted((ROOT / folder).rglob("*.py")) if path.name != "openapi.py")
    named = {word for word in re.findall(r'"([A-Z0-9]+_[A-Z0-9_]+|FORBIDDEN|UNAUTHORIZED)"', source) if word in CATALOGUE}
    documented = {code for operation in DOCUMENTS[name][1].operations for code in operation.codes}
    assert named <= documented


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
    said = set(re.findall(r'"type": ?"(\w+)"', source))  # as a dictionary, or as the bytes of the JSON
    assert said == set(asyncapi.messages())
    codes = {value for name, value in vars(connection).items() if name.startswith("CLOSE_")}
    assert codes <= set(asyncapi.CLOSE_CODES)
