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

from infra import quotas, ready, stages
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
