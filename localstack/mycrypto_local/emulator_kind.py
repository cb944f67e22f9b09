"""The emulators that the runner knows, by the names that the CDK app is told (``infra.sizes.EmulatorKind``, which the image does not carry)."""

from __future__ import annotations

from enum import StrEnum


class EmulatorKind(StrEnum):
    """What plays AWS."""

    MINISTACK = "ministack"
    LOCALSTACK = "localstack"
