"""Secrets by name from Secrets Manager, kept for five minutes so that a rotated one is noticed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import boto3
import msgspec

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_SECONDS: Final = 300.0

_decoder = msgspec.json.Decoder(dict[str, Any])


class Secrets:
    """A cache in front of Secrets Manager; safe to use from several threads."""

    def __init__(
        self, client: SecretsManagerClient | None = None, *, kept_seconds: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def get(self, name: str) -> dict[str, Any]:
        """The JSON members of a secret. Raises botocore's ``ClientError`` if it is absent or out of reach."""
        with self._lock:
            fetched, members = self._kept.get(name, (0.0, {}))
            if members and self._clock() - fetched < self._kept_seconds:
                return members
            if self._client is None:
                self._client = boto3.client("secretsmanager")
            members = _decoder.decode(self._client.get_secret_value(SecretId=name)["SecretString"])
            self._kept[name] = (self._clock(), members)
            return members

    def forget(self) -> None:
        """Ask again next time: after a refused password."""
        with self._lock:
            self._kept.clear()

    def renew(self) -> None:
        """Forget, and ask with a new client: after a restore from a snapshot, whose credentials and connections are another environment's."""
        with self._lock:
            self._kept.clear()
            self._client = None


_secrets = Secrets()


def get(name: str) -> dict[str, Any]:
    """The JSON members of the secret ``name``, at most five minutes old."""
    return _secrets.get(name)


def forget() -> None:
    """Drop what is kept."""
    _secrets.forget()


def get_now(name: str) -> dict[str, Any]:
    """The JSON members of the secret as they are now, for what shows that those that are kept are too old."""
    _secrets.forget()
    return _secrets.get(name)


def renew() -> None:
    """Drop what is kept and the client that fetched it."""
    _secrets.renew()
