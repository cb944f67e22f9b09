"""Each component's role, and the keys behind it, allow what the component asks of AWS and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from infra.deployable import calls
from infra.deployable.components import Component, components
from infra.deployable.findings import Finding
from infra.deployable.policies import Role, roles
from infra.deployable.resolving import ACCOUNT, REGION, Resolver

CHECK: Final = "permissions"
REASONS: Final = {
    r"logs:.*": "Lambda and ECS write the log group of the component",
    r"xray:.*": "Lambda's own traces",
    r"ec2:.*": "Lambda makes network interfaces in the role's name",
    r"kafka:.*": "the policy that AWS asks for to poll MSK",
    r"kafka-cluster:(Connect|DescribeCluster|DescribeTopicDynamicConfiguration)": "AWS's own pollers and clients ask for them",
    r"sqs:(GetQueueAttributes|GetQueueUrl|ChangeMessageVisibility)": "what the CDK grants with sending and receiving",
    r"s3:ListBucket": "without it S3 answers 403, not 404, for an object that is not there",
    r"secretsmanager:(DescribeSecret|GetRandomPassword)": "what the CDK grants to a rotation function",
    r"ses:SendRawEmail": "SES asks for it when a mail has more than text",
}
"""Allowed actions that no code of ours calls."""
_OF_A_CLUSTER: Final = ("Connect", "DescribeCluster", "WriteDataIdempotently")
Need = tuple[str, str]
"""Action and ARN."""


def check(resolver: Resolver) -> Iterator[Finding]:
    """All findings of a stage."""
    found = {role.name: role for role in roles(resolver)}
    for component in components(resolver):
        role = found.get(component.role)
        if role is None:
            yield Finding(CHECK, component.where, "has no role in the templates")
            continue
        yield from _code(component)
        needs = [*_declared(resolver, component), *_by_aws(resolver, component)]
        needs += [need for action, arn in needs for need in _keys(resolver, action, arn)]
        for action, arn in dict.fromkeys(needs):
            if not role.allows(action, arn):
                yield Finding(CHECK, component.where, f"may not {action} on {arn}")
        for action, arn in role.unused():
            if not any(re.fullmatch(pattern, action) for pattern in REASONS):
                yield Finding(CHECK, component.where, f"is allowed {action} on {arn}, which it never asks for")
    yield from _tasks(resolver, found)
    yield from _key_policies(resolver)


def _code(component: Component) -> Iterator[Finding]:
    declared = component.declared
    said = {action for action in declared.calls if action.split(":")[0] in calls.SERVICES}
    called = calls.of_component(component.name)
    for action in sorted(called - said - declared.uncalled.keys()):
        yield Finding(CHECK, component.where, f"its code calls {action}, which its reaches.toml does not declare")
    for action in sorted((said | declared.uncalled.keys()) - called):
        yield Finding(CHECK, component.where, f"its reaches.toml declares {action}, which its code does not call")


def _declared(resolver: Resolver, component: Component) -> Iterator[Need]:
    for action, things in component.declared.calls.items():
        for thing in things:
            arn = _arn(resolver, component, action, thing)
            yield action, arn
            if "@" in arn:  # SES looks for the address first and for its domain then, whichever was verified
                yield action, f"{arn.partition('identity/')[0]}identity/{arn.rpartition('@')[2]}"


def _arn(resolver: Resolver, component: Component, action: str, thing: str) -> str:
    service, _, operation = action.partition(":")
    stage = resolver.made.stage
    name = f"mycrypto-{stage}-{thing}"
    if service == "s3":
        return f"arn:aws:s3:::{name}-{ACCOUNT}-{REGION}" + ("" if operation == "ListBucket" else "/key")
    if service == "secretsmanager":
        return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:mycrypto/{stage}/{thing}-AbCdEf"
    if service == "lambda":
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    if service == "ses":
        sender = resolver.text(component.area, component.environment.get(thing, ""))
        return f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{sender}"
    if service == "kafka-cluster":
        kind = "cluster" if operation in _OF_A_CLUSTER else "group" if operation.endswith("Group") else "topic"
        return f"arn:aws:kafka:{REGION}:{ACCOUNT}:{kind}/mycrypto-{stage}-kafka/0a1b" + ("" if kind == "cluster" else f"/{thing}")
    return "*" if service == "cloudwatch" else f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def _by_aws(resolver: Resolver, component: Component) -> Iterator[Need]:
    """What AWS does in the role's name: polls of mappings, failed events."""
    failed = component.properties.get("DeadLetterConfig", {}).get("TargetArn")
    if failed:
        yield "sqs:SendMessage", resolver.text(component.area, failed)
    for where, mapping in resolver.made.properties("AWS::Lambda::EventSourceMapping").items():
        area = where.split("/")[0]
        if resolver.target(area, mapping["FunctionName"]) != component.where:
            continue
        if "Topics" not in mapping:
            for operation in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
                yield f"sqs:{operation}", resolver.text(area, mapping["EventSourceArn"])
            continue
        for operation in ("Connect", "DescribeCluster"):
            yield f"kafka-cluster:{operation}", _arn(resolver, component, f"kafka-cluster:{operation}", "")
        for topic in mapping["Topics"]:
            for operation in ("DescribeTopic", "ReadData"):
                yield f"kafka-cluster:{operation}", _arn(resolver, component, f"kafka-cluster:{operation}", topic)
        group = mapping["AmazonManagedKafkaEventSourceConfig"]["ConsumerGroupId"]
        for operation in ("AlterGroup", "DescribeGroup"):
            yield f"kafka-cluster:{operation}", _arn(resolver, component, f"kafka-cluster:{operation}", group)
        failures = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if failures:
            yield "sqs:SendMessage", resolver.text(area, failures)


def _keys(resolver: Resolver, action: str, arn: str) -> Iterator[Need]:
    """The rights on the key that something is encrypted with."""
    reads, writes = ("kms:Decrypt",), ("kms:Decrypt", "kms:GenerateDataKey")
    for kind, key_of in _ENCRYPTED.items():
        for where, properties in resolver.made.properties(kind).items():
            area, name = where.split("/")
            reference = {"Fn::GetAtt": [name, "Arn"]} if kind == "AWS::S3::Bucket" else {"Ref": name}
            own, key = resolver.text(area, reference), key_of(properties)
            if key is None or arn.removesuffix("/key") != own or action == "s3:ListBucket":
                continue
            for needed in reads if action.split(":")[1].startswith("Get") else writes:
                yield needed, resolver.text(area, key)


def _bucket_key(properties: Mapping[str, Any]) -> Any:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [{}])
    return rules[0].get("ServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")


_ENCRYPTED: Final[dict[str, Callable[[Mapping[str, Any]], Any]]] = {
    "AWS::SecretsManager::Secret": lambda properties: properties.get("KmsKeyId"),
    "AWS::S3::Bucket": _bucket_key,
    "AWS::SNS::Topic": lambda properties: properties.get("KmsMasterKeyId"),
}


def _tasks(resolver: Resolver, found: Mapping[str, Role]) -> Iterator[Finding]:
    """ECS itself reads the secrets that a task definition names, in the execution role's name."""
    for where, task in resolver.made.properties("AWS::ECS::TaskDefinition").items():
        area = where.split("/")[0]
        role = found.get(resolver.target(area, task["ExecutionRoleArn"]) or "")
        for secret in (secret for container in task["ContainerDefinitions"] for secret in container.get("Secrets", ())):
            arn = resolver.text(area, secret["ValueFrom"]).rsplit(":", 3)[0]
            for action, on in (("secretsmanager:GetSecretValue", arn), *_keys(resolver, "secretsmanager:GetSecretValue", arn)):
                if role is None or not role.allows(action, on):
                    yield Finding(CHECK, where, f"its execution role may not {action} on {on}")


def _key_policies(resolver: Resolver) -> Iterator[Finding]:
    """Roles may use a key only where its own policy leaves that to IAM."""
    for where, key in resolver.made.properties("AWS::KMS::Key").items():
        area = where.split("/")[0]
        statements = key["KeyPolicy"]["Statement"]
        texts = [resolver.text(area, statement.get("Principal", {}).get("AWS", "")) for statement in statements]
        if not any(text.endswith(":root") and statement["Action"] == "kms:*" for text, statement in zip(texts, statements, strict=True)):
            yield Finding(CHECK, where, "its policy does not leave permissions to IAM")
