"""Every variable that a component reads is set with the right kind of value, and every variable that is set is read."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from infra.deployable.components import PROCESSES, Component, components
from infra.deployable.findings import Finding
from infra.deployable.resolving import Resolver

CHECK: Final = "configuration"
GIVEN_TO_ALL: Final = {
    "STAGE": "functions/auth/settings.py",
    "SERVICE_NAME": "layers/common/python/mycrypto/database.py",
    "LOG_LEVEL": "layers/common/python/mycrypto/telemetry.py",
    "POWERTOOLS_SERVICE_NAME": "",
    "PUBLIC_URL": "functions/auth/settings.py",
    "AWS_REGION": "",
}
"""Variables that every component is given, whether it reads them or not, and where one reads them; "" is a library's own."""
OPTIONAL: Final = {
    ("gateway", "SEALING_SECRET_NAME"): "it has its name from the stage",
}
"""Names of secrets and buckets that may be absent, with the reason."""
_NAMES: Final = ("_SECRET_NAME", "_BUCKET", "_TOPIC_ARN")
_SCHEMES: Final = {
    "DATABASE_URL": {"postgresql"},
    "TRADE_DATABASE_URL": {"postgresql"},
    "WALLET_DATABASE_URL": {"postgresql"},
    "NOTICES_DATABASE_URL": {"postgresql"},
    "REDIS_URL": {"rediss"},
    "JWKS_URL": {"https"},
}


def settings_of(name: str) -> type[msgspec.Struct]:
    """The settings class of a component."""
    if name in PROCESSES:
        found = getattr(importlib.import_module(f"engine_container.{name}.settings"), f"{name.capitalize()}Settings")
    else:
        found = importlib.import_module(f"functions.{name}.settings").Settings
    kind: type[msgspec.Struct] = found
    return kind


def check(resolver: Resolver) -> Iterator[Finding]:
    """All findings of a stage."""
    existing = _existing(resolver)
    for component in components(resolver):
        fields = {field.name.upper(): field for field in msgspec.structs.fields(settings_of(component.name))}
        given = {**component.environment, **component.secrets}
        for name, field in fields.items():
            text = resolver.text(component.area, given.get(name, ""))
            if not text:
                named = name.endswith(_NAMES) and (component.name, name) not in OPTIONAL
                if field.required or named:
                    yield Finding(CHECK, component.where, f"{name} is not set")
            elif name not in component.secrets:
                yield from _value(component, name, text, field.type, existing)
        for name in sorted(given.keys() - fields.keys() - GIVEN_TO_ALL.keys()):
            yield Finding(CHECK, component.where, f"{name} is set and never read")


def _value(component: Component, name: str, text: str, kind: Any, existing: set[str]) -> Iterator[Finding]:
    if kind is int and not text.isdigit():
        yield Finding(CHECK, component.where, f"{name} must be a number, not {text}")
    if typing.get_origin(kind) is typing.Literal and text not in typing.get_args(kind):
        yield Finding(CHECK, component.where, f"{name} must be one of {typing.get_args(kind)}, not {text}")
    if name in _SCHEMES and urlsplit(text.replace("<", "").replace(">", "")).scheme not in _SCHEMES[name]:
        yield Finding(CHECK, component.where, f"{name} must begin with {' or '.join(_SCHEMES[name])}://, not {text}")
    if name.endswith(_NAMES) and text not in existing:
        yield Finding(CHECK, component.where, f"{name} names {text}, which no template makes")
    if name == "KAFKA_BOOTSTRAP_SERVERS" and "kafka" not in text.lower() and "Brokers" not in text:
        yield Finding(CHECK, component.where, f"{name} does not come from the cluster, but is {text}")


def _existing(resolver: Resolver) -> set[str]:
    """Names of all secrets and buckets, ARNs of all topics."""
    found: set[str] = set()
    for kind, property_ in (("AWS::SecretsManager::Secret", "Name"), ("AWS::S3::Bucket", "BucketName")):
        for where, properties in resolver.made.properties(kind).items():
            found.add(resolver.text(where.split("/")[0], properties.get(property_, "")))
    for where in resolver.made.resources("AWS::SNS::Topic"):
        area, name = where.split("/")
        found.add(resolver.text(area, {"Ref": name}))
    return found
