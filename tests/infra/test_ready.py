"""What stands in the way of a deployment is said in one sentence that says what to do, before anything is created."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from infra import database_engine, quotas, ready, stages
from infra.context import Context
from infra.errors import ConfigurationError

ACCOUNT = "123456789012"


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell without credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def cloud(no_credentials: None) -> Iterator[None]:
    """An account where nothing was ever done."""
    with mock_aws():
        yield


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What the command says when it refuses."""
    monkeypatch.setattr(sys, "argv", ["infra.ready", *words])
    with pytest.raises(SystemExit) as ended:
        ready.main()
    return str(ended.value)


def test_without_credentials_it_says_how_to_get_some(no_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "dev") == "error: There are no AWS credentials: run 'aws sso login' or set AWS_PROFILE."


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"])
def test_expired_credentials_are_called_so(no_credentials: None, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    client = boto3.client("sts", region_name="eu-central-1", aws_access_key_id="old", aws_secret_access_key="old")
    monkeypatch.setattr("boto3.client", lambda *_args, **_more: client)
    with Stubber(client) as stub:
        stub.add_client_error("get_caller_identity", code, "The security token included in the request is expired")
        assert run(monkeypatch, "dev") == "error: The AWS credentials have expired or are not valid: log in again ('aws sso login')."


def test_every_region_that_is_not_bootstrapped_is_in_the_command_to_type(cloud: None, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run(monkeypatch, "prod")
    where = " ".join(f"aws://{ACCOUNT}/{region}" for region in ("eu-central-1", "us-east-1", "eu-west-1"))
    assert said == f"error: The CDK is not bootstrapped there: run 'npx cdk bootstrap {where}'."


def test_it_is_ready_when_all_regions_are(cloud: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for region in ("eu-central-1", "us-east-1"):
        boto3.client("ssm", region_name=region).put_parameter(Name=ready.BOOTSTRAP, Value="21", Type="String")
    monkeypatch.setattr(sys, "argv", ["infra.ready", "dev"])
    monkeypatch.setattr(quotas, "_available", lambda _need, _region: 1_000)
    monkeypatch.setattr(database_engine, "faults", lambda _region: [])
    ready.main()
    assert capsys.readouterr().out == f"ready: stage dev, account {ACCOUNT}, eu-central-1, us-east-1\n"


def test_a_quota_that_is_too_small_is_named_with_the_command_that_raises_it(cloud: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for region in ("eu-central-1", "us-east-1", "eu-west-1"):
        boto3.client("ssm", region_name=region).put_parameter(Name=ready.BOOTSTRAP, Value="21", Type="String")
    monkeypatch.setattr(quotas, "_available", lambda need, _region: 10 if need.service == "lambda" else 6)
    said = run(monkeypatch, "prod")
    assert "concurrent executions are needed, the account has 10" in said
    assert "15 Fargate vCPU are needed, the account has 6" in said
    assert "aws service-quotas request-service-quota-increase --region eu-central-1 --service-code fargate --quota-code L-3032A538" in said


@pytest.mark.parametrize("need", quotas.needs(stages.load(Context({"stage": "prod"}.get))))
def test_a_quota_is_asked_of_the_service_that_knows_it(no_credentials: None, monkeypatch: pytest.MonkeyPatch, need: quotas.Need) -> None:
    answers: dict[str, tuple[str, dict[str, Any]]] = {
        "lambda": ("get_account_settings", {"AccountLimit": {"ConcurrentExecutions": 77}}),
        "fargate": ("get_service_quota", {"Quota": {"Value": 77.0}}),
    }
    operation, answer = answers[need.service]
    service = "lambda" if need.service == "lambda" else "service-quotas"
    client: Any = boto3.client(service, region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")  # type: ignore[call-overload] # chosen at run time
    monkeypatch.setattr("boto3.client", lambda *_args, **_more: client)
    with Stubber(client) as stub:
        stub.add_response(operation, answer)
        assert quotas._available(need, "eu-central-1") == 77


@pytest.mark.parametrize(
    ("stage", "region", "complaint"),
    [
        ("production", "", "Context value 'stage' must be one of local, dev, staging, prod, not 'production'"),
        ("prod", "us-west-2", "Context value 'region' must be one of eu-central-1, eu-west-1, not 'us-west-2'"),
    ],
)
def test_wrong_values_are_refused_before_aws_is_asked(
    no_credentials: None, monkeypatch: pytest.MonkeyPatch, stage: str, region: str, complaint: str
) -> None:
    monkeypatch.setenv("AWS_REGION", region)

    def asked(*_args: Any, **_more: Any) -> None:
        raise AssertionError("AWS was asked")

    monkeypatch.setattr("boto3.client", asked)
    assert run(monkeypatch, stage).startswith(f"error: {complaint}")


def test_aws_out_of_reach_is_told_as_such(no_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match="AWS cannot be reached"):
        ready.account("eu-central-1")


def _parameter(name: str, allowed: str = "", *, modifiable: bool = True) -> dict[str, Any]:
    return {"ParameterName": name, "AllowedValues": allowed, "IsModifiable": modifiable}


FAMILY_OF_TODAY = [
    _parameter("rds.force_ssl", "0,1"),
    _parameter("shared_preload_libraries", "auto_explain,pg_stat_statements,pgaudit"),
    _parameter("pg_stat_statements.track", "none,top,all"),
    _parameter("log_min_duration_statement", "-1-2147483647"),
    _parameter("log_connections", "0,1"),
    _parameter("log_lock_waits", "0,1"),
    _parameter("idle_in_transaction_session_timeout", "0-2147483647"),
    _parameter("synchronous_commit", "local,on,off"),
]


def _database_faults(
    monkeypatch: pytest.MonkeyPatch, family: list[dict[str, Any]], offered: tuple[str, ...] = (database_engine.VERSION,)
) -> list[str]:
    client = boto3.client("rds", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr("boto3.client", lambda *_args, **_more: client)
    with Stubber(client) as stub:
        versions = [{"EngineVersion": version} for version in offered]
        wanted = [version for version in versions if version["EngineVersion"] == database_engine.VERSION]
        stub.add_response("describe_db_engine_versions", {"DBEngineVersions": wanted})
        if wanted:
            stub.add_response("describe_engine_default_parameters", {"EngineDefaults": {"Parameters": family}})
        else:
            stub.add_response("describe_db_engine_versions", {"DBEngineVersions": versions})
        return list(database_engine.faults("eu-central-1"))


def test_the_database_of_the_templates_is_one_that_the_region_takes(no_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _database_faults(monkeypatch, FAMILY_OF_TODAY) == []


def test_a_parameter_that_the_family_writes_otherwise_or_does_not_have_is_named(
    no_credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = [
        _parameter("log_connections", "receipt,authentication,authorization,all"),
        _parameter("log_min_duration_statement", "1000-2147483647"),
        _parameter("rds.force_ssl", "0,1", modifiable=False),
    ]
    names = {found["ParameterName"] for found in other} | {"log_lock_waits"}
    said = _database_faults(monkeypatch, [found for found in FAMILY_OF_TODAY if found["ParameterName"] not in names] + other)
    assert [sentence.partition(" (")[0] for sentence in said] == [
        "postgres18 does not let rds.force_ssl be set",
        "postgres18 takes 1000-2147483647 for log_min_duration_statement, not 500",
        "postgres18 takes receipt,authentication,authorization,all for log_connections, not 1",
        "postgres18 does not let log_lock_waits be set",
    ]


def test_a_version_that_is_not_offered_is_named_with_those_that_are(no_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    (said,) = _database_faults(monkeypatch, [], offered=("18.4", "18.6"))
    assert said.startswith("PostgreSQL 18.3 is not offered in eu-central-1; of postgres18 there is: 18.4, 18.6")


def test_what_stands_in_the_way_of_the_database_ends_the_command(cloud: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for region in ("eu-central-1", "us-east-1"):
        boto3.client("ssm", region_name=region).put_parameter(Name=ready.BOOTSTRAP, Value="21", Type="String")
    monkeypatch.setattr(quotas, "_available", lambda _need, _region: 1_000)
    monkeypatch.setattr(database_engine, "faults", lambda _region: ["one sentence"])
    assert run(monkeypatch, "dev") == "error: RDS would refuse the database of this stage.\n  one sentence"
