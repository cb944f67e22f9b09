"""The templates of stage local for LocalStack, whose free line has neither Lambda authorizers nor layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import functions, names
from infra.routes import ROUTES
from infra.templates import Templates
from mycrypto_local.containers import INSIDE


@pytest.fixture(scope="module")
def localstack(synth: Callable[..., Templates], dependency_layer: Path) -> Templates:
    return synth("local", emulator="localstack", dependency_layer=str(dependency_layer))


def _named(found: Templates, name: str) -> dict[str, Any]:
    wanted = names.resource("local", name)
    return next(each for each in found.properties("AWS::Lambda::Function").values() if each["FunctionName"] == wanted)


def test_there_is_neither_an_authorizer_nor_a_layer(localstack: Templates) -> None:
    kinds = {resource["Type"] for resource in localstack.resources().values()}
    assert kinds.isdisjoint({"AWS::ApiGateway::Authorizer", "AWS::Lambda::LayerVersion"})
    methods = localstack.properties("AWS::ApiGateway::Method").values()
    assert len(methods) == len(ROUTES)
    assert {method["AuthorizationType"] for method in methods} == {"NONE"}
    made = localstack.properties("AWS::Lambda::Function").values()
    assert all("Layers" not in function for function in made)
    assert {function["FunctionName"] for function in made} == {
        names.resource("local", spec.name) for spec in functions.ALL if spec is not functions.AUTHORIZER
    }


@pytest.mark.parametrize("spec", [spec for spec in functions.ALL if spec.behind_api], ids=lambda spec: str(spec.name))
def test_functions_behind_the_api_verify_tokens_by_themselves_there_and_nowhere_else(
    localstack: Templates, local: Templates, on_aws: Templates, spec: functions.FunctionSpec
) -> None:
    assert _named(localstack, spec.name)["Environment"]["Variables"]["BEARER_KEYS_SECRET"] == "mycrypto/local/public-keys"
    assert "BEARER_KEYS_SECRET" not in _named(local, spec.name)["Environment"]["Variables"]
    elsewhere = [
        each["Environment"]["Variables"]
        for each in on_aws.properties("AWS::Lambda::Function").values()
        if each.get("FunctionName") == names.resource(on_aws.stage, spec.name)
    ]
    assert len(elsewhere) == 1
    assert "BEARER_KEYS_SECRET" not in elsewhere[0]


def test_each_archive_holds_what_layers_bring_elsewhere(localstack: Templates) -> None:
    for asset in localstack.folder.glob("asset.*"):
        held = {str(path.relative_to(asset)) for path in asset.rglob("*.py")}
        assert {"mycrypto/money.py", "placeholder.py"} <= held
        assert len({path for path in held if path.endswith("/handler.py")}) == 1
    assert list(localstack.folder.glob("asset.*"))


def test_with_the_default_emulator_every_route_but_the_public_ones_is_checked(local: Templates) -> None:
    methods = local.properties("AWS::ApiGateway::Method").values()
    checked = [method for method in methods if method["AuthorizationType"] == "CUSTOM"]
    assert len(checked) == len([route for route in ROUTES if not route.public])
    assert len(local.resources("AWS::ApiGateway::Authorizer")) == 1


def test_in_containers_links_lead_browsers_to_this_machine_and_functions_find_bank_and_chain(
    synth: Callable[..., Templates], dependency_layer: Path
) -> None:
    inside = {**INSIDE, "links_endpoint": "http://127.0.0.1:4567", "public_url": "http://localhost:8085"}
    made = synth("local", emulator="localstack", dependency_layer=str(dependency_layer), **inside)
    auth = _named(made, names.FUNCTION_AUTH)["Environment"]["Variables"]
    assert (auth["AWS_ENDPOINT_URL"], auth["LINKS_ENDPOINT_URL"]) == ("http://localstack:4566", "http://127.0.0.1:4567")
    assert auth["PUBLIC_URL"] == "http://localhost:8085"
    told = [each["Environment"]["Variables"] for each in made.properties("AWS::Lambda::Function").values()]
    partners = {value for variables in told for name, value in variables.items() if name in {"BANK_URL", "CHAIN_URL"}}
    assert partners == {"http://gateway:8080/local/bank", "http://gateway:8080/local/chain"}
    assert not any("localhost:8085" in str(value) for variables in told for name, value in variables.items() if name != "PUBLIC_URL")


def test_elsewhere_links_are_those_of_the_functions_own_endpoint(localstack: Templates) -> None:
    assert "LINKS_ENDPOINT_URL" not in _named(localstack, names.FUNCTION_AUTH)["Environment"]["Variables"]


@pytest.mark.parametrize("emulated", ["localstack", "local"])
def test_the_api_is_asked_by_the_path_that_both_emulators_have(request: pytest.FixtureRequest, emulated: str) -> None:
    path = request.getfixturevalue(emulated).stacks["edge"]["Outputs"]["RestApiPath"]["Value"]
    assert path["Fn::Join"][1][0] == "/_aws/execute-api/"
    assert path["Fn::Join"][1][-1] == f"/{names.API_STAGE}"
