"""What a function is given is what it asks for: code, environment, permissions."""

from __future__ import annotations

import importlib
import json
import re
from typing import Any

import msgspec
import pytest

from infra import functions, names
from infra.templates import Templates
from mycrypto import settings


@pytest.fixture(params=[spec.name for spec in functions.ALL])
def name(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


def _function(stage: Templates, name: str) -> dict[str, Any]:
    wanted = names.resource(stage.stage, name)
    return next(found for found in stage.properties("AWS::Lambda::Function").values() if found.get("FunctionName") == wanted)


def _flat(value: Any) -> str:
    """A reference stands for some text without a password."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_flat(part) for part in parts)
    return "reference"


def _environment(function: dict[str, Any]) -> dict[str, str]:
    return {key: _flat(value) for key, value in function["Environment"]["Variables"].items()}


def test_its_settings_load_from_its_environment_in_stage_local(local: Templates, name: str) -> None:
    _load_settings(_environment(_function(local, name)), name)


def test_its_settings_load_from_its_environment_on_aws(on_aws: Templates, name: str) -> None:
    environment = _environment(_function(on_aws, name))
    _load_settings(environment, name)
    assert "AWS_ENDPOINT_URL" not in environment


def _load_settings(environment: dict[str, str], name: str) -> None:
    module = importlib.import_module(f"functions.{name}.settings")
    kind: type[msgspec.Struct] = module.Settings
    loaded = settings.load(kind, environment)
    for field in msgspec.structs.fields(kind):
        if field.name.endswith("_secret_name") and field.name != "recaptcha_secret_name":
            assert getattr(loaded, field.name), f"{name} reads a secret that nothing names: {field.name}"


def test_it_may_read_exactly_the_secrets_that_its_environment_names(on_aws: Templates, name: str) -> None:
    environment = _environment(_function(on_aws, name))
    named = {value for key, value in environment.items() if key.endswith("_SECRET_NAME")}
    allowed = set(re.findall(r":secret:(mycrypto/[a-z0-9/_-]+?)-\?{6}", json.dumps(_policy(on_aws, name))))
    assert allowed == named


def test_the_private_keys_of_tokens_are_read_by_auth_alone_and_renewed_by_the_rotation(on_aws: Templates) -> None:
    """A reader of the private keys can sign a token for any user. All policies of the stage are checked, also those of tasks and deployments."""
    private = names.secret(on_aws.stage, names.SECRET_JWT)
    logical = next(
        area.split("/", 1)[1] for area, found in on_aws.properties("AWS::SecretsManager::Secret").items() if found.get("Name") == private
    )
    readers = set()
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::ECS::TaskDefinition", "AWS::Lambda::Function"):
        for area, found in on_aws.properties(kind).items():
            text = json.dumps(found)
            if (
                re.search(rf":secret:{private}(-\\?|\W)", text)
                or f'"Ref": "{logical}"' in text
                or re.search(r":secret:(\*|mycrypto/\*)", text)
            ):
                readers.add(area.split("/", 1)[1])
    assert {re.sub(r"(Role|Service|Default|Policy|[0-9A-F]{8})", "", reader) for reader in readers} == {"Auth", "Rotation"}, readers


def test_it_may_invoke_exactly_the_functions_that_its_row_names(on_aws: Templates, name: str) -> None:
    spec = next(spec for spec in functions.ALL if spec.name == name)
    allowed = [statement for statement in _policy(on_aws, name) if "lambda:InvokeFunction" in json.dumps(statement)]
    assert all(statement["Action"] == "lambda:InvokeFunction" for statement in allowed)
    resources = {_flat(resource) for statement in allowed for resource in _listed(statement["Resource"])}
    assert {resource.partition(":function:")[2] for resource in resources} == {
        f"mycrypto-{on_aws.stage}-{each}:live" for each in spec.invokes
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_sealing_key_is_read_by_the_functions_of_accounts_and_never_by_the_wallet(on_aws: Templates) -> None:
    """The gateway reads it too, for the secrets of API keys; its task is no function."""
    readers = {
        spec.name
        for spec in functions.ALL
        if names.secret(on_aws.stage, names.SECRET_TWO_FACTOR) + "-" in json.dumps(_policy(on_aws, spec.name))
    }
    assert readers == {names.FUNCTION_AUTH, names.FUNCTION_CODES, names.FUNCTION_KYC}
    assert {spec.name for spec in functions.ALL if names.FUNCTION_CODES in spec.invokes} == {names.FUNCTION_WALLET}


def _policy(stage: Templates, name: str) -> list[dict[str, Any]]:
    role = _function(stage, name)["Role"]["Fn::GetAtt"][0]
    return [
        statement
        for policy in stage.properties("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_no_two_functions_share_a_role(on_aws: Templates) -> None:
    roles = [(area.split("/", 1)[0], found["Role"]["Fn::GetAtt"][0]) for area, found in on_aws.properties("AWS::Lambda::Function").items()]
    assert len(roles) == len(set(roles))


def test_its_handler_file_is_in_its_archive(local: Templates, name: str) -> None:
    function = _function(local, name)
    package, module, entry = function["Handler"].rsplit(".", 2)
    archive = local.folder / f"asset.{function['Code']['S3Key'].removesuffix('.zip')}"
    assert (archive / package.replace(".", "/") / f"{module}.py").is_file()
    assert entry == "handler"
    others = {path.name for path in (archive / "functions").iterdir() if path.is_dir()}
    assert others == {name}, "an archive holds one function"


def test_it_runs_where_and_how_it_should(on_aws: Templates, name: str) -> None:
    function = _function(on_aws, name)
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert "DeadLetterConfig" in function
    spec = next(spec for spec in functions.ALL if spec.name == name)
    assert ("VpcConfig" in function) == spec.uses_network
    assert ("SnapStart" in function) == spec.snap_start


def test_customers_stages_reserve_concurrency(prod: Templates, name: str) -> None:
    assert _function(prod, name)["ReservedConcurrentExecutions"] >= 1


def test_engine_events_are_consumed_in_order_and_never_skipped(on_aws: Templates) -> None:
    mappings = [
        found for found in on_aws.properties("AWS::Lambda::EventSourceMapping").values() if found.get("Topics") == [names.TOPIC_EVENTS]
    ]
    assert {found["AmazonManagedKafkaEventSourceConfig"]["ConsumerGroupId"] for found in mappings} == {"settlement", "history"}
    for found in mappings:
        assert found["BisectBatchOnFunctionError"] is True
        assert found["MaximumRetryAttempts"] >= 10_000
        assert "OnFailure" in found["DestinationConfig"]
        assert found["StartingPosition"] == "TRIM_HORIZON"


def test_queues_are_consumed_with_partial_failures(local: Templates) -> None:
    mappings = local.properties("AWS::Lambda::EventSourceMapping").values()
    assert len(list(mappings)) == 4
    assert all(found["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for found in mappings)
    assert {found["BatchSize"] for found in mappings} == {1, 10, 100}


def test_the_authorizer_names_the_keys_of_the_usage_plans(on_aws: Templates) -> None:
    prefix = _environment(_function(on_aws, names.FUNCTION_AUTHORIZER))["USAGE_PLAN_PREFIX"]
    keys = {found["Value"] for found in on_aws.properties("AWS::ApiGateway::ApiKey").values()}
    assert keys == {f"{prefix}{tier}" for tier in ("free", "basic", "pro", "vip")}
    assert all(20 <= len(key) <= 128 for key in keys), "API Gateway takes no others"
