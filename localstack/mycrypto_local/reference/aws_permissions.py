"""``aws-permissions.md``: what each function and service may do on AWS, from the policies of its role."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.templates import Templates
from mycrypto_local.reference.markdown import page, table

_HIDDEN = {"AWS::AccountId": "ACCOUNT", "AWS::Partition": "aws", "AWS::Region": "REGION"}


def aws_permissions(stage: Templates) -> str:
    """The page, for one stage; the others differ in names only."""
    parts = [
        (
            f"Stage {stage.stage}. Every function and every service has a role of its own; `?` are the characters that Secrets Manager adds. "
            "Nothing is granted outside of these tables but writing the own log group's streams, and what AWS's managed policies name."
        )
    ]
    for owner, role in sorted(_owners(stage).items()):
        rows = sorted({(action, resource) for action, resource in _allowed(stage, *role)})
        if rows:
            parts.append(f"## {owner}\n\n" + table(("may", "on"), ((f"`{action}`", f"`{resource}`") for action, resource in rows)))
    return page("Permissions on AWS", *parts)


def _owners(stage: Templates) -> dict[str, tuple[str, str]]:
    """Area and role by function or service."""
    found = {}
    for name, properties in stage.properties("AWS::Lambda::Function").items():
        if "FunctionName" in properties:
            short = str(properties["FunctionName"]).removeprefix(f"mycrypto-{stage.stage}-")
            found[f"Function {short}"] = (name.split("/")[0], properties["Role"]["Fn::GetAtt"][0])
    for name, properties in stage.properties("AWS::ECS::TaskDefinition").items():
        short = str(properties["Family"]).removeprefix(f"mycrypto-{stage.stage}-")
        found[f"Service {short}"] = (name.split("/")[0], properties["TaskRoleArn"]["Fn::GetAtt"][0])
    return found


def _allowed(stage: Templates, area: str, role: str) -> Iterator[tuple[str, str]]:
    for name, policy in stage.properties("AWS::IAM::Policy").items():
        if name.startswith(f"{area}/") and {"Ref": role} in policy.get("Roles", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                for action in _listed(statement["Action"]):
                    for resource in _listed(statement["Resource"]):
                        yield str(action), shown(resource)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def shown(value: Any) -> str:
    """A value of a template as text: pseudo parameters by name, references by what they refer to."""
    if not isinstance(value, Mapping):
        return str(value)
    ((kind, inner),) = value.items()
    if kind == "Ref":
        return _HIDDEN.get(inner, _plain(inner))
    if kind == "Fn::GetAtt":
        return _plain(inner[0])
    if kind == "Fn::ImportValue":
        return _plain(str(shown(inner)).rpartition("ExportsOutput")[2])
    if kind == "Fn::Join":
        return str(inner[0]).join(shown(part) for part in inner[1])
    return str(kind)


def _plain(logical_id: str) -> str:
    """Without the hash that the CDK appends, nor the attribute of an export."""
    return re.sub(r"^(FnGetAtt|Ref)|(Arn)?[0-9A-F]{8}.*$", "", logical_id)
