"""GitHub deploys with roles that fit one job of one repository, and no more."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from infra.errors import ConfigurationError
from infra.sources import ROOT
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


COMMANDS = ("ready", "publish")
"""Modules of ``infra`` that ``make deploy`` runs with the role's own rights; all else goes through the bootstrapped roles."""
NEEDS_NOTHING = "sts:GetCallerIdentity"


def _asked(module: str) -> set[str]:
    """The permissions for what a module of infra, and those that it imports, ask of AWS."""
    text = (ROOT / "infra" / f"{module}.py").read_text()
    tree = ast.parse(text)
    clients = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "boto3.client" and isinstance(node.args[0], ast.Constant)
    }
    session = botocore.session.get_session()
    models = [(session.get_service_model(str(client)), str(client)) for client in clients]
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("get_paginator") and isinstance(node.args[0], ast.Constant)
    }
    asked = {
        f"{client.replace('-', '')}:{operation}"
        for model, client in models
        for operation in model.operation_names
        if xform_name(operation) in names
    }
    inner = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "infra"
        for alias in node.names
        if (ROOT / "infra" / f"{alias.name}.py").exists()
    ]
    return asked.union(*(_asked(name) for name in inner if name not in {"stages", "functions", "names"}))


def _allowed(stage: Templates) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for statement in _statements(stage):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        made |= dict.fromkeys(actions, statement["Resource"])
    return made


def test_a_deployment_may_what_its_commands_ask_for_and_acts_through_the_bootstrapped_roles_else(dev: Templates) -> None:
    allowed = _allowed(dev)
    asked = set().union(*(_asked(module) for module in COMMANDS))
    assert {"ssm:GetParameter", "cloudformation:DescribeStacks", "s3:PutObject", "servicequotas:GetServiceQuota"} <= asked, (
        "the search finds calls"
    )
    assert set(allowed) == asked - {NEEDS_NOTHING} | {"sts:AssumeRole"}
    assert "cdk-hnb659fds-deploy-role-" in json.dumps(allowed["sts:AssumeRole"])
    assert {action for action, resource in allowed.items() if resource == "*"} == {
        "lambda:GetAccountSettings",
        "rds:DescribeDBEngineVersions",
        "rds:DescribeEngineDefaultParameters",
        "servicequotas:GetServiceQuota",
    }
    deploy = (ROOT / ".ci" / "stages.mk").read_text().split("\ndeploy:")[1].split("\nsmoke:")[0]
    run = set(re.findall(r"-m infra\.(\w+)", deploy))
    assert run - {"dependencies"} == set(COMMANDS), "infra.dependencies fetches packages and asks nothing of AWS"


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
