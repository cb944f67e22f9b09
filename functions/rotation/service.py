"""What a fresh value of each secret looks like, and how Secrets Manager's four steps bring a new one in."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import msgspec

from mycrypto.security import keys, sealing

KEPT_AFTER_SUCCESSOR: Final = timedelta(days=31)
"""How long a key verifies after another has taken over: longer than the 30 days of the longest token."""

PENDING: Final = "AWSPENDING"
CURRENT: Final = "AWSCURRENT"


class RotationError(RuntimeError):
    """The request does not fit the secret; nothing was changed."""


class Store(Protocol):
    """The part of Secrets Manager that is used here."""

    def read(self, secret: str, label: str, version: str = "") -> str | None:
        """The text of a version, or ``None`` when there is none."""

    def write(self, secret: str, text: str, label: str, version: str = "") -> None:
        """Add a version under ``label``; again with the same version and text changes nothing."""

    def labels(self, secret: str) -> Mapping[str, list[str]]:
        """The labels of each version."""

    def make_current(self, secret: str, version: str, instead_of: str) -> None:
        """Move the label of the current version."""


def renewed_keys(document: str | None, now: datetime) -> str:
    """The signing keys with a new one in front; those that no valid token can name any more are gone.

    ``document`` is the secret's present text; what is no key document counts as none, because a new secret holds a made-up password.
    """
    try:
        present = msgspec.json.decode(document or "", type=keys.StoredKeys).keys
    except msgspec.DecodeError:
        present = []
    fresh = keys.generate(now.isoformat())
    newest_first = sorted(present, key=lambda key: key.created_at, reverse=True)
    successors = [fresh, *newest_first]
    kept = [
        key
        for key, successor in zip(newest_first, successors, strict=False)
        if now - datetime.fromisoformat(successor.created_at) < KEPT_AFTER_SUCCESSOR
    ]
    return msgspec.json.encode(keys.StoredKeys([fresh, *kept])).decode()


def publish(store: Store, private: str, public: str, label: str = CURRENT, version: str = "") -> bool:
    """Write the public parts of a version of the private keys where those read them who only verify; whether there were any.

    A version that waits is published before it signs: then no verifier meets a token whose key it cannot find.
    """
    try:
        found = keys.public_keys(msgspec.json.decode(store.read(private, label, version) or "", type=dict[str, Any]))
    except (msgspec.DecodeError, keys.KeyMaterialError):
        return False
    text = msgspec.json.encode(keys.publish(found)).decode()
    if store.read(public, CURRENT) != text:
        store.write(public, text, CURRENT)
    return True


def rotate(store: Store, secret: str, public: str, version: str, step: str, now: datetime) -> None:
    """One of the four steps. Secrets Manager repeats a step that failed, so each may run any number of times."""
    stages = store.labels(secret)
    if version not in stages:
        raise RotationError(f"{secret} has no version {version}")
    if CURRENT in stages[version]:
        return
    if step == "createSecret":
        if store.read(secret, PENDING, version) is None:
            store.write(secret, renewed_keys(store.read(secret, CURRENT), now), PENDING, version)
    elif step == "setSecret":
        if not publish(store, secret, public, PENDING, version):
            raise RotationError(f"the new version of {secret} holds no keys")
    elif step == "testSecret":
        _check_keys(secret, store.read(secret, PENDING, version))
    elif step == "finishSecret":
        current = next((name for name, labels in stages.items() if CURRENT in labels), "")
        store.make_current(secret, version, current)
    else:
        raise RotationError(f"there is no step {step}")


def _check_keys(secret: str, document: str | None) -> None:
    """The new document must sign and publish before anybody relies on it."""
    try:
        found: dict[str, Any] = msgspec.json.decode(document or "", type=dict[str, Any])
        keys.signing_key(found)
        keys.public_keys(found)
    except (msgspec.DecodeError, keys.KeyMaterialError) as error:
        raise RotationError(f"the new version of {secret} cannot be used: {error}") from error


def _two_factor() -> dict[str, str]:
    return {"key": base64.b64encode(secrets.token_bytes(32)).decode()}


def renew_sealing(store: Store, secret: str) -> str:
    """Put a fresh sealing key in front of the earlier ones; answers with its mark. What is sealed is sealed again by auth, every hour."""
    if secret.rsplit("/", 1)[-1] != "two-factor":
        raise RotationError(f"{secret} holds no sealing keys")
    try:
        renewed = sealing.with_new_key(msgspec.json.decode(store.read(secret, CURRENT) or "", type=dict[str, Any]))
    except (msgspec.DecodeError, sealing.SealError) as error:
        raise RotationError(f"{secret} holds no sealing keys: {error}") from error
    store.write(secret, msgspec.json.encode(renewed).decode(), CURRENT)
    return sealing.mark_of(base64.b64decode(renewed["key"]))


def _webhooks() -> dict[str, str]:
    return {"bank": secrets.token_hex(32), "chain": secrets.token_hex(32)}


FIRST_VALUES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[], dict[str, str]]]]] = {
    "two-factor": (("key",), _two_factor),
    "webhooks": (("bank", "chain"), _webhooks),
}
"""By the last part of a secret's name: the members it must have, and how they are made."""


def fill(store: Store, names: list[str]) -> list[str]:
    """Give a first value to each secret that has none yet; answers with those that got one. A value that is there is never touched."""
    filled = []
    for name in names:
        kind = name.rsplit("/", 1)[-1]
        if kind not in FIRST_VALUES:
            raise RotationError(f"{name} is not a secret that is made here")
        members, make = FIRST_VALUES[kind]
        if not _has(store.read(name, CURRENT), members):
            store.write(name, msgspec.json.encode(make()).decode(), CURRENT)
            filled.append(name)
    return filled


def _has(document: str | None, members: tuple[str, ...]) -> bool:
    try:
        found: Any = msgspec.json.decode(document or "")
    except msgspec.DecodeError:
        return False
    return isinstance(found, dict) and all(found.get(member) for member in members)
