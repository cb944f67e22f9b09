"""The life of a stage, simulated: the first deployment, one that fails and is tried again, an update, and the end of stage dev."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.deployable.components import components
from infra.deployable.findings import Finding
from infra.deployable.resolving import PARAMETER, Resolver

CHECK: Final = "life"
THROWN_AWAY: Final = ("dev",)
EMPTIED: Final = {"AWS::S3::Bucket", "AWS::Backup::BackupVault"}
"""What ``infra.empty`` empties before a stage is destroyed."""
HOLDS_THINGS: Final = EMPTIED | {"AWS::ECR::Repository"}
"""AWS deletes these only when they are empty."""
_OF_THE_CDK: Final = "/cdk/exports/"
"""Between regions; its own custom resource writes them."""
OF_THE_ACCOUNT: Final = {"AWS::ApiGateway::Account"}
"""One for all stages of an account, so it stays, with its role."""
REPLACED: Final = {"AWS::MSK::Cluster", "Custom::KafkaBootstrap"}
"""What another size, version or an accident replaces: an export of it would have to be given up by all who import it first."""
_NAMES: Final = (
    "Name",
    "BucketName",
    "QueueName",
    "TopicName",
    "FunctionName",
    "ClusterName",
    "RoleName",
    "LogGroupName",
    "LoadBalancerName",
)


def check(resolver: Resolver) -> Iterator[Finding]:
    """All findings of a stage."""
    yield from _stacks_in_order(resolver)
    for area in resolver.made.stacks:
        yield from _resources_in_order(resolver, area)
    yield from _migrations_first(resolver)
    yield from _rotation_last(resolver)
    yield from _tried_again(resolver)
    yield from _updated(resolver)
    yield from _irreversible(resolver)
    if resolver.made.stage in THROWN_AWAY:
        yield from _destroyed(resolver)


def _manifest(resolver: Resolver) -> dict[str, set[str]]:
    """The stacks that the CDK deploys before each."""
    found = json.loads((resolver.made.folder / "manifest.json").read_text())["artifacts"]
    prefix = f"mycrypto-{resolver.made.stage}-"
    return {
        name.removeprefix(prefix): {
            other.removeprefix(prefix) for other in artifact.get("dependencies", ()) if not other.endswith(".assets")
        }
        for name, artifact in found.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def _before(resolver: Resolver, area: str) -> set[str]:
    """All stacks that are there when a stack is deployed."""
    manifest, waiting, found = _manifest(resolver), [area], set[str]()
    while waiting:
        new = manifest.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _imports(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "Fn::ImportValue" in value:
            yield str(value["Fn::ImportValue"])
        for part in value.values():
            yield from _imports(part)
    elif isinstance(value, list):
        for part in value:
            yield from _imports(part)


def _stacks_in_order(resolver: Resolver) -> Iterator[Finding]:
    for area, template in resolver.made.stacks.items():
        there = _before(resolver, area)
        for name in sorted(set(_imports(template))):
            if name not in resolver.exports:
                yield Finding(CHECK, area, f"imports {name}, which no stack exports")
            elif resolver.exports[name][0] not in there:
                yield Finding(CHECK, area, f"imports {name} of a stack that is deployed later")
        for name in sorted(set(PARAMETER.findall(json.dumps(template)))):
            if name.startswith(_OF_THE_CDK):
                continue
            if name not in resolver.parameters:
                yield Finding(CHECK, area, f"reads the parameter {name}, which no stack writes")
            elif resolver.parameters[name][0] not in there:
                yield Finding(CHECK, area, f"reads the parameter {name} of a stack that is deployed later")


def _needs(resource: Mapping[str, Any], known: set[str]) -> set[str]:
    """Logical ids that must be there first."""
    waits = resource.get("DependsOn", ())
    found = {waits} if isinstance(waits, str) else set(waits)
    waiting: list[Any] = [resource.get("Properties", {})]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "Ref" in value:
                found.add(str(value["Ref"]))
            if "Fn::GetAtt" in value:
                found.add(str(value["Fn::GetAtt"][0]))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found & known


def _ordered(resolver: Resolver, area: str) -> tuple[list[str], set[str]]:
    """Logical ids as CloudFormation makes them, and those that wait for each other."""
    resources = resolver.made.stacks[area].get("Resources", {})
    waits = {name: _needs(resource, set(resources)) for name, resource in resources.items()}
    order: list[str] = []
    while ready := sorted(name for name, needed in waits.items() if not needed - set(order)):
        order += ready
        for name in ready:
            del waits[name]
    return order, set(waits)


def _resources_in_order(resolver: Resolver, area: str) -> Iterator[Finding]:
    _, stuck = _ordered(resolver, area)
    for name in sorted(stuck):
        yield Finding(CHECK, f"{area}/{name}", "waits for what waits for it")


def _all_before(resolver: Resolver, where: str) -> set[str]:
    area, name = where.split("/")
    resources = resolver.made.stacks[area]["Resources"]
    found, waiting = set[str](), [name]
    while waiting:
        new = _needs(resources[waiting.pop()], set(resources)) - found
        found |= new
        waiting += new
    return found


def _migrations_first(resolver: Resolver) -> Iterator[Finding]:
    """No table, no start."""
    migrated = [where for where in resolver.made.resources("Custom::Invocation") if "Migrated" in where]
    if not migrated:
        yield Finding(CHECK, "data", "no deployment runs the migrations")
        return
    home = migrated[0].split("/")[0]
    for component in components(resolver):
        uses_tables = component.name != "migrations" and any(name.endswith("DATABASE_URL") for name in component.environment)
        if uses_tables and home not in _before(resolver, component.area):
            yield Finding(CHECK, component.where, "starts before the migrations have run")


def _rotation_last(resolver: Resolver) -> Iterator[Finding]:
    """A password is changed in a role, and the migrations make the roles."""
    for where, schedule in resolver.made.properties("AWS::SecretsManager::RotationSchedule").items():
        area = where.split("/")[0]
        secret = next(resolver.targets(area, schedule["SecretId"]), "")
        if "Signing" in where or "Secret-jwt" in secret or "Secretjwt" in secret:
            continue
        if schedule.get("RotateImmediatelyOnUpdate") is not False:
            yield Finding(CHECK, where, "rotates at once, when the role does not exist yet")
        if not any("Migrated" in name for name in _all_before(resolver, where)):
            yield Finding(CHECK, where, "is made before the migrations have made its role")


def _tried_again(resolver: Resolver) -> Iterator[Finding]:
    """A first deployment fails at its last resource: the roll-back deletes what it created, except for retained resources, and the next try creates
    everything again.
    """
    for area in resolver.made.stacks:
        order, _ = _ordered(resolver, area)
        for name in order:
            resource = resolver.made.stacks[area]["Resources"][name]
            if resource.get("DeletionPolicy") == "Retain":
                named = any(key in resource.get("Properties", {}) for key in _NAMES)
                yield Finding(
                    CHECK, f"{area}/{name}", "is left by a failed deployment" + (" and takes its name from the next one" if named else "")
                )


def _updated(resolver: Resolver) -> Iterator[Finding]:
    resources = resolver.made.resources()
    for name, (area, value) in resolver.exports.items():
        target = resolver.target(area, value)
        if target and resources[target]["Type"] in REPLACED:
            yield Finding(CHECK, target, f"cannot be replaced while others import {name}")
    for kind in ("Custom::KafkaBootstrap", "Custom::Invocation"):
        for where, properties in resolver.made.properties(kind).items():
            if "Version" not in properties:
                yield Finding(CHECK, where, "never runs again: no property of it changes")


def _irreversible(resolver: Resolver) -> Iterator[Finding]:
    for where, vault in resolver.made.properties("AWS::Backup::BackupVault").items():
        if vault.get("LockConfiguration"):
            yield Finding(CHECK, where, "is locked for good after three days, and the stage does not ask for that")


def _destroyed(resolver: Resolver) -> Iterator[Finding]:
    kept = {
        name
        for where, properties in resolver.made.resources().items()
        if properties["Type"] in OF_THE_ACCOUNT
        for name in (where, *resolver.targets(where.split("/")[0], properties.get("Properties", {})))
    }
    for where, resource in resolver.made.resources().items():
        properties = resource.get("Properties", {})
        if where not in kept and resource.get("DeletionPolicy", "Delete") != "Delete":
            yield Finding(CHECK, where, f"stays when the stage is destroyed: {resource['DeletionPolicy']}")
        if properties.get("DeletionProtection") is True or properties.get("DeletionProtectionEnabled") is True:
            yield Finding(CHECK, where, "is protected from being deleted")
        if resource["Type"] in HOLDS_THINGS - EMPTIED and not properties.get("EmptyOnDelete"):
            yield Finding(CHECK, where, "cannot be deleted while it holds anything")
        for attribute in properties.get("LoadBalancerAttributes", ()):
            if attribute["Key"] == "deletion_protection.enabled" and str(attribute["Value"]).lower() == "true":
                yield Finding(CHECK, where, "is protected from being deleted")
