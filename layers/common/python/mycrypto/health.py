"""Is a service alive, and can it reach what it needs: one form for all of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Final, Literal

import msgspec

_STARTED: Final = time.monotonic()


class Health(msgspec.Struct, frozen=True):
    status: str
    service: str
    version: str
    timestamp: str
    uptime_seconds: int


class Readiness(msgspec.Struct, frozen=True):
    """``missing`` names what is not there and is needed."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str]
    missing: list[str]

    @classmethod
    def of(cls, checks: dict[str, str], missing: list[str]) -> Readiness:
        return cls("not ready" if missing else "ready", checks, missing)

    @property
    def http_status(self) -> int:
        return 503 if self.missing else 200


def alive(service: str, status: str = "ok") -> Health:
    """What a live process or function says of itself."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Health(status, service, _version(), now, int(time.monotonic() - _STARTED))


def _version() -> str:
    try:
        return metadata.version("mycrypto-platform")
    except metadata.PackageNotFoundError:  # a function's own files only
        return os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "0")


def readiness(
    needed: Mapping[str, Callable[[], object]],
    optional: Mapping[str, Callable[[], object]],
    failed: Callable[[str, Exception], None],
) -> Readiness:
    """Ask every part; without an ``optional`` one the service is slower and still right, so that is only told."""
    checks: dict[str, str] = {}
    for name, probe in {**needed, **optional}.items():
        try:
            probe()
            checks[name] = "ok"
        except Exception as error:  # noqa: BLE001 - whatever it is, the part is not there
            failed(name, error)
            checks[name] = "down"
    return Readiness.of(checks, [name for name in needed if checks[name] != "ok"])
