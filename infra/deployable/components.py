"""The components of a stage: what each declares beside itself, and where the templates have it."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from infra.deployable.resolving import Resolver
from infra.sources import ROOT

PROCESSES: Final = ("engine", "gateway", "publisher")


@dataclasses.dataclass(frozen=True, slots=True)
class Declared:
    """``connects``: PEER:PORT; ``calls``: actions of AWS with the names of what they act on; ``uncalled``: operations that code which it imports would
    call and this component never does, with the reason.
    """

    connects: frozenset[str]
    calls: Mapping[str, tuple[str, ...]]
    uncalled: Mapping[str, str]


def folder(name: str) -> Path:
    """Where a component lives."""
    return ROOT / ("engine_container" if name in PROCESSES else "functions") / name


def declared(name: str) -> Declared:
    """What ``reaches.toml`` beside the component says."""
    found = tomllib.loads((folder(name) / "reaches.toml").read_text())
    calls = {action: tuple(things) for action, things in found.get("calls", {}).items()}
    return Declared(frozenset(found.get("connects", ())), calls, found.get("uncalled", {}))


@dataclasses.dataclass(frozen=True, slots=True)
class Component:
    """``where``: the function or the task's service. ``groups``: its security groups, none for a function outside of the network."""

    name: str
    area: str
    where: str
    environment: Mapping[str, Any]
    secrets: Mapping[str, Any]
    role: str
    groups: frozenset[str]
    subnets: frozenset[str]
    properties: Mapping[str, Any]

    @property
    def declared(self) -> Declared:
        return declared(self.name)


def components(resolver: Resolver) -> Iterator[Component]:
    """Functions with code of ours and the trading services."""
    yield from _functions(resolver)
    yield from _services(resolver)


def _found(resolver: Resolver, area: str, values: Any) -> frozenset[str]:
    return frozenset(found for value in values for found in resolver.targets(area, value))


def _functions(resolver: Resolver) -> Iterator[Component]:
    for where, properties in resolver.made.properties("AWS::Lambda::Function").items():
        area = where.split("/")[0]
        handler = str(properties.get("Handler", "")).split(".")
        if handler[0] != "functions":
            continue
        network = properties.get("VpcConfig", {})
        yield Component(
            name=handler[1],
            area=area,
            where=where,
            environment=properties.get("Environment", {}).get("Variables", {}),
            secrets={},
            role=resolver.target(area, properties["Role"]) or "",
            groups=_found(resolver, area, network.get("SecurityGroupIds", ())),
            subnets=_found(resolver, area, network.get("SubnetIds", ())),
            properties=properties,
        )


def _services(resolver: Resolver) -> Iterator[Component]:
    tasks = resolver.made.properties("AWS::ECS::TaskDefinition")
    for where, properties in resolver.made.properties("AWS::ECS::Service").items():
        area = where.split("/")[0]
        task = tasks[resolver.target(area, properties["TaskDefinition"]) or ""]
        (container,) = task["ContainerDefinitions"]
        network = properties["NetworkConfiguration"]["AwsvpcConfiguration"]
        yield Component(
            name=container["Name"],
            area=area,
            where=where,
            environment={found["Name"]: found["Value"] for found in container.get("Environment", ())},
            secrets={found["Name"]: found["ValueFrom"] for found in container.get("Secrets", ())},
            role=resolver.target(area, task["TaskRoleArn"]) or "",
            groups=_found(resolver, area, network["SecurityGroups"]),
            subnets=_found(resolver, area, network["Subnets"]),
            properties=task,
        )
