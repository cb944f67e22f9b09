"""Roles and what their policies allow."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

from infra.deployable.resolving import Resolver


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Role:
    """``name`` is ``area/logical id``. Remembers which permissions were asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._allowed: list[tuple[str, str, dict[str, Any]]] = []
        self._used: set[tuple[str, str]] = set()

    def add(self, resolver: Resolver, area: str, statement: dict[str, Any]) -> None:
        if statement["Effect"] != "Allow":
            return
        for action in _list(statement["Action"]):
            for resource in _list(statement["Resource"]):
                self._allowed.append((action, resolver.text(area, resource), statement.get("Condition", {})))

    def allows(self, action: str, arn: str) -> bool:
        """Whether some statement allows it; the one that does counts as used."""
        found = [
            (pattern, resource)
            for pattern, resource, condition in self._allowed
            if _like(pattern, action) and _like(resource, arn) and not condition.keys() - {"StringLike"}
        ]
        self._used.update(found)
        return bool(found)

    def unused(self) -> list[tuple[str, str]]:
        """Permissions that were never asked for."""
        return sorted({(action, resource) for action, resource, _ in self._allowed} - self._used)


def _like(pattern: str, text: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def roles(resolver: Resolver) -> Iterator[Role]:
    """The roles of a stage, with the policies that the templates attach to them."""
    found = {where: Role(where) for where in resolver.made.resources("AWS::IAM::Role")}
    for where, properties in resolver.made.properties("AWS::IAM::Role").items():
        for policy in properties.get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                found[where].add(resolver, where.split("/")[0], statement)
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for where, properties in resolver.made.properties(kind).items():
            area = where.split("/")[0]
            for role in properties.get("Roles", ()):
                holder = found.get(resolver.target(area, role) or "")
                for statement in properties["PolicyDocument"]["Statement"] if holder else ():
                    assert holder is not None
                    holder.add(resolver, area, statement)
    yield from found.values()
