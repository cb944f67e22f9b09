"""Environments that start from one snapshot do not share what must be their own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from snapshot_restore_py import get_after_restore

from mycrypto import secrets, snapstart

ROOT = Path(__file__).resolve().parents[3]
KEPT = {
    "auth": "functions.auth.app.context",
    "wallet": "functions.wallet.app.context",
    "codes": "functions.codes.handler.db",
    "authorizer": "functions.authorizer.handler.server",
}


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    registered: list[Any] = []
    monkeypatch.setattr("snapshot_restore_py._after_restore_registry", registered)
    return registered


def restore(hooks: list[Any]) -> None:
    for function, arguments, named in hooks:
        function(*arguments, **named)


def test_the_runtime_finds_the_registered_hooks(hooks: list[Any]) -> None:
    called: list[str] = []
    snapstart.after_restore(lambda: called.append("first"), lambda: called.append("second"))
    assert get_after_restore() == hooks
    restore(hooks)
    assert called == ["first", "second"]


def test_secrets_and_their_client_are_dropped(hooks: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def __init__(self, password: str) -> None:
            self.password = password

        def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - as boto3 spells it
            return {"SecretString": f'{{"password": "{self.password}"}}'}

    clients = iter([Client("of the snapshot"), Client("of today")])
    monkeypatch.setattr(secrets, "_secrets", secrets.Secrets())
    monkeypatch.setattr("boto3.client", lambda _service: next(clients))
    snapstart.after_restore()
    assert secrets.get("x")["password"] == secrets.get("x")["password"] == "of the snapshot"
    restore(hooks)
    assert secrets.get("x")["password"] == "of today"


def test_two_copies_of_one_memory_make_different_numbers(hooks: list[Any]) -> None:
    """A fork is a snapshot that was restored: the same memory, another process."""
    snapstart.after_restore()

    def said_by_a_copy() -> bytes:
        reading, writing = os.pipe()
        if os.fork() == 0:
            restore(hooks)
            os.write(writing, f"{random.getrandbits(64):016x}".encode())
            os._exit(0)
        os.close(writing)
        os.wait()
        with os.fdopen(reading, "rb") as pipe:
            return pipe.read()

    random.seed(1)
    assert said_by_a_copy() != said_by_a_copy()


@pytest.mark.parametrize("name", sorted(KEPT))
def test_each_function_with_a_snapshot_rebuilds_its_connections(name: str) -> None:
    """Its handler is loaded as Lambda does, in a process of its own; nothing is connected before the snapshot is taken."""
    module, _, attribute = KEPT[name].rpartition(".")
    program = f"""
import functions.{name}.handler
from {module} import {attribute} as kept
from snapshot_restore_py import get_after_restore
assert kept.cache_info().currsize == 0, "made before the snapshot"
before = kept()
assert kept() is before
assert get_after_restore()
for function, arguments, named in get_after_restore():
    function(*arguments, **named)
assert kept() is not before
"""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "STAGE": "dev",
        "PUBLIC_URL": "https://dev.example",
        "CODES_FUNCTION": "codes",
        "DATABASE_URL": "postgresql://app@database:5432/exchange_dev",
        "REDIS_URL": "redis://cache:6379/0",
        "KAFKA_BOOTSTRAP_SERVERS": "broker:9098",
        "KAFKA_AUTH": "iam",
        "AWS_DEFAULT_REGION": "eu-central-1",
        **{f"{secret}_SECRET_NAME": secret.lower() for secret in ("JWT", "PUBLIC_KEYS", "TWO_FACTOR", "WEBHOOKS", "WALLET", "RECAPTCHA")},
    }
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
