"""GitHub deploys with roles that fit one job of one repository, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.errors import ConfigurationError
from infra.templates import Templates

REPOSITORY = "acme/mycrypto"
IMAGE = "111111111111.dkr.ecr.eu-central-1.amazonaws.com/mycrypto/trading:0123456789ab"


@pytest.fixture(scope="module")
def prod(synth: Callable[..., Templates]) -> Templates:
    return synth("prod", github_repository=REPOSITORY, pull_accounts="222222222222,333333333333", image=IMAGE)


@pytest.fixture(scope="module")
def dev(synth: Callable[..., Templates]) -> Templates:
    return synth("dev", github_repository=REPOSITORY)


def _roles(stage: Templates) -> dict[str, dict[str, Any]]:
    return {found["RoleName"]: found for name, found in stage.properties("AWS::IAM::Role").items() if name.startswith("delivery/")}


def _statements(stage: Templates) -> list[dict[str, Any]]:
    policies = [found for name, found in stage.properties("AWS::IAM::Policy").items() if name.startswith("delivery/")]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def test_without_a_repository_no_outside_role_may_deploy(on_aws: Templates) -> None:
    assert "delivery" not in on_aws.stacks
    assert not on_aws.resources("AWS::IAM::OIDCProvider")


def test_a_role_is_for_one_environment_of_one_repository(prod: Templates, dev: Templates) -> None:
    expected = {
        "mycrypto-dev-deploy": f"repo:{REPOSITORY}:environment:dev",
        "mycrypto-prod-deploy": f"repo:{REPOSITORY}:environment:prod",
        "mycrypto-registry-push": f"repo:{REPOSITORY}:environment:registry",
    }
    roles = {**_roles(dev), **_roles(prod)}
    assert set(roles) == set(expected)
    for name, subject in expected.items():
        (statement,) = roles[name]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert statement["Condition"] == {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": subject,
            }
        }


def test_a_deployment_acts_through_the_bootstrapped_roles_alone(dev: Templates) -> None:
    statements = _statements(dev)
    assert sorted(statement["Action"] for statement in statements) == ["ssm:GetParameter", "sts:AssumeRole"]
    assert "*" not in json.dumps([statement["Resource"] for statement in statements])
    assert "cdk-hnb659fds-deploy-role-" in json.dumps(statements)


def test_the_registry_is_in_one_place_and_keeps_what_it_has(prod: Templates, dev: Templates) -> None:
    assert not dev.resources("AWS::ECR::Repository")
    (found,) = prod.properties("AWS::ECR::Repository").values()
    assert found["ImageTagMutability"] == "IMMUTABLE"
    assert found["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert all(account in json.dumps(found["RepositoryPolicyText"]) for account in ("222222222222", "333333333333"))
    assert not any(action.startswith("ecr:Put") for action in json.dumps(found["RepositoryPolicyText"]).split('"'))


def test_tasks_may_pull_the_image_that_they_are_made_of(prod: Templates) -> None:
    (definition, *_) = prod.properties("AWS::ECS::TaskDefinition").values()
    assert ":0123456789ab" in json.dumps(definition["ContainerDefinitions"][0]["Image"])
    pulls = [
        statement
        for name, found in prod.properties("AWS::IAM::Policy").items()
        if name.startswith("trading/")
        for statement in found["PolicyDocument"]["Statement"]
        if "ecr:BatchGetImage" in statement["Action"]
    ]
    assert len(pulls) == len(prod.properties("AWS::ECS::TaskDefinition"))


@pytest.mark.parametrize("context", [{"github_repository": "acme"}, {"github_repository": "a/b", "pull_accounts": "12345"}])
def test_wrong_values_are_refused_with_what_was_expected(synth: Callable[..., Templates], context: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"Context value '(github_repository|pull_accounts)' must be .*: pass -c \1="):
        synth("prod", **context)
