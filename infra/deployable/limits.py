"""AWS's limits: lengths of names, sizes of templates and variables, what Fargate sells, and time-outs that must lie within each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from engine_container.web.keep_alive import KEEP_ALIVE_SECONDS
from infra import quotas, stages
from infra.context import Context
from infra.deployable.findings import Finding
from infra.deployable.resolving import Resolver

CHECK: Final = "limits"
NAMES: Final = {
    "AWS::Lambda::Function": ("FunctionName", 64),
    "AWS::SQS::Queue": ("QueueName", 80),
    "AWS::S3::Bucket": ("BucketName", 63),
    "AWS::SNS::Topic": ("TopicName", 256),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name", 32),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name", 32),
    "AWS::ElastiCache::ReplicationGroup": ("ReplicationGroupId", 40),
    "AWS::RDS::DBInstance": ("DBInstanceIdentifier", 63),
    "AWS::RDS::DBProxy": ("DBProxyName", 60),
    "AWS::MSK::Cluster": ("ClusterName", 64),
    "AWS::Events::Rule": ("Name", 64),
    "AWS::Scheduler::Schedule": ("Name", 64),
    "AWS::CloudWatch::Alarm": ("AlarmName", 255),
    "AWS::WAFv2::WebACL": ("Name", 128),
}
RESOURCES_MAX: Final = 500
TEMPLATE_BYTES_MAX: Final = 1_000_000
OUTPUTS_MAX: Final = 200
VARIABLES_BYTES_MAX: Final = 4_096
POLICY_CHARACTERS_MAX: Final = 10_240
API_SECONDS_MAX: Final = 29
UNTOUCHED_VCPU: Final = 6
"""Of Fargate, in an account that is new."""
VISIBILITY_FACTOR: Final = 6
"""AWS's advice: a message that a busy function sends back must not come again while it waits."""


def check(resolver: Resolver) -> Iterator[Finding]:
    """All findings of a stage."""
    yield from _names(resolver)
    yield from _sizes(resolver)
    yield from _fargate(resolver)
    yield from _quotas(resolver)
    yield from _times(resolver)


def _names(resolver: Resolver) -> Iterator[Finding]:
    for kind, (property_, most) in NAMES.items():
        for where, properties in resolver.made.properties(kind).items():
            name = resolver.text(where.split("/")[0], properties.get(property_, ""))
            if "<" not in name and len(name) > most:
                yield Finding(CHECK, where, f"its name {name} has {len(name)} characters, {most} are allowed")


def _sizes(resolver: Resolver) -> Iterator[Finding]:
    for area, template in resolver.made.stacks.items():
        for what, count, most in (
            ("resources", len(template.get("Resources", {})), RESOURCES_MAX),
            ("outputs", len(template.get("Outputs", {})), OUTPUTS_MAX),
            ("bytes", len(json.dumps(template)), TEMPLATE_BYTES_MAX),
        ):
            if count > most:
                yield Finding(CHECK, area, f"its template has {count} {what}, {most} are allowed")
    for where, function in resolver.made.properties("AWS::Lambda::Function").items():
        size = sum(
            len(name) + len(resolver.text(where.split("/")[0], value))
            for name, value in function.get("Environment", {}).get("Variables", {}).items()
        )
        if size > VARIABLES_BYTES_MAX:
            yield Finding(CHECK, where, f"its variables have {size} bytes, {VARIABLES_BYTES_MAX} are allowed")
    for where, policy in resolver.made.properties("AWS::IAM::Policy").items():
        size = len(resolver_text(resolver, where, policy["PolicyDocument"]))
        if size > POLICY_CHARACTERS_MAX:
            yield Finding(CHECK, where, f"has {size} characters, {POLICY_CHARACTERS_MAX} are allowed in the policies of a role")


def resolver_text(resolver: Resolver, where: str, value: Any) -> str:
    """A document as it will read, without spaces."""
    area = where.split("/", maxsplit=1)[0]

    def plain(part: Any) -> Any:
        if isinstance(part, list):
            return [plain(each) for each in part]
        if isinstance(part, dict) and not (len(part) == 1 and next(iter(part)).startswith(("Fn::", "Ref"))):
            return {key: plain(each) for key, each in part.items()}
        return resolver.text(area, part)

    return json.dumps(plain(value), separators=(",", ":"))


_MEMORY_GB: Final = {256: (0.5, 2), 512: (1, 4), 1024: (2, 8), 2048: (4, 16), 4096: (8, 30), 8192: (16, 60)}
"""What Fargate sells with so much CPU."""


def _fargate(resolver: Resolver) -> Iterator[Finding]:
    for where, task in resolver.made.properties("AWS::ECS::TaskDefinition").items():
        least, most = _MEMORY_GB.get(int(task["Cpu"]), (0, 0))
        if not least <= int(task["Memory"]) / 1024 <= most:
            yield Finding(CHECK, where, f"Fargate does not sell {task['Memory']} MB with {task['Cpu']} CPU units")


def _quotas(resolver: Resolver) -> Iterator[Finding]:
    """What ``infra.ready`` asks the account for is what the templates take."""
    stage = stages.load(Context({"stage": resolver.made.stage}.get))
    functions = resolver.made.properties("AWS::Lambda::Function").values()
    reserved = sum(int(found.get("ReservedConcurrentExecutions", 0)) for found in functions)
    if reserved != quotas.reserved_concurrency(stage):
        yield Finding(CHECK, "functions", f"reserve {reserved} executions; infra.ready asks for {quotas.reserved_concurrency(stage)}")
    if not stage.keep_data and (reserved or quotas.fargate_vcpu(stage) > UNTOUCHED_VCPU):
        yield Finding(CHECK, "functions", "do not fit an account with the default quotas")
    tasks = resolver.made.properties("AWS::ECS::TaskDefinition")
    units = 0
    for where, service in resolver.made.properties("AWS::ECS::Service").items():
        task = tasks[resolver.target(where.split("/")[0], service["TaskDefinition"]) or ""]
        most = int(service.get("DeploymentConfiguration", {}).get("MaximumPercent", 200))
        units += int(task["Cpu"]) * int(service["DesiredCount"]) * most // 100
    if -(-units // quotas.CPU_UNITS) > quotas.fargate_vcpu(stage):
        yield Finding(
            CHECK, "services", f"take {units / quotas.CPU_UNITS:g} vCPU in a deployment; infra.ready asks for {quotas.fargate_vcpu(stage)}"
        )


def _behind(resolver: Resolver, target: str) -> str:
    """The function that an alias stands before."""
    alias = resolver.made.properties("AWS::Lambda::Alias").get(target)
    return (resolver.target(target.split("/", maxsplit=1)[0], alias["FunctionName"]) or "") if alias else target


def _never_throttled(mapping: dict[str, Any], function: dict[str, Any]) -> bool:
    """Whether each message is handed out when there is a place for it, so that no time goes into tries that are refused."""
    at_once = mapping.get("ScalingConfig", {}).get("MaximumConcurrency")
    return mapping.get("BatchSize") == 1 and at_once is not None and at_once <= function.get("ReservedConcurrentExecutions", at_once)


def _times(resolver: Resolver) -> Iterator[Finding]:
    functions = resolver.made.properties("AWS::Lambda::Function")
    for where, mapping in resolver.made.properties("AWS::Lambda::EventSourceMapping").items():
        area = where.split("/")[0]
        queue = resolver.target(area, mapping.get("EventSourceArn"))
        found = resolver.made.properties("AWS::SQS::Queue").get(queue or "")
        function = functions[resolver.target(area, mapping["FunctionName"]) or ""]
        timeout = int(function.get("Timeout", 3))
        factor = 1 if _never_throttled(mapping, function) else VISIBILITY_FACTOR
        if found and int(found.get("VisibilityTimeout", 30)) < factor * timeout:
            yield Finding(CHECK, queue or where, f"shows a message again before a function of {timeout} s is done with it")
    for where, method in resolver.made.properties("AWS::ApiGateway::Method").items():
        area = where.split("/")[0]
        for target in resolver.targets(area, method.get("Integration", {}).get("Uri", "")):
            timeout = int(functions.get(_behind(resolver, target), {}).get("Timeout", 3))
            allowed = int(method["Integration"].get("TimeoutInMillis", API_SECONDS_MAX * 1_000)) / 1_000
            if timeout >= allowed:
                yield Finding(CHECK, where, f"the API gives up after {allowed:g} s, before its function of {timeout} s")
    for where, balancer in resolver.made.properties("AWS::ElasticLoadBalancingV2::LoadBalancer").items():
        idle = {found["Key"]: found["Value"] for found in balancer["LoadBalancerAttributes"]}.get("idle_timeout.timeout_seconds", "60")
        if int(idle) >= KEEP_ALIVE_SECONDS:
            yield Finding(
                CHECK, where, f"keeps an idle connection {idle} s, the server behind it {KEEP_ALIVE_SECONDS} s: a request meets its end"
            )
    for where, resource in resolver.made.properties("Custom::Invocation").items():
        if (
            int(resource.get("ServiceTimeout", 3_600))
            < max(int(found.get("Timeout", 3)) for found in functions.values() if "Handler" in found) - 1
        ):
            yield Finding(CHECK, where, "CloudFormation gives up before the function does")
