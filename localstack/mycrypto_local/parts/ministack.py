"""The default emulator: ministack, from PyPI. It keeps its state, knows authorizers and layers, and runs functions as processes."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass

from mycrypto_local.emulator_kind import EmulatorKind
from mycrypto_local.parts.emulator import ACCOUNT, REGION, OwnEmulator
from mycrypto_local.parts.part import Part, base_environment
from mycrypto_local.paths import REPOSITORY


@dataclass(frozen=True, slots=True)
class Ministack(OwnEmulator):
    @property
    def kind(self) -> EmulatorKind:
        return EmulatorKind.MINISTACK

    @property
    def is_saved(self) -> bool:
        return True

    def prepare(self) -> None:
        """Make the folders; what functions of a former run unpacked is thrown away."""
        shutil.rmtree(self.home / "tmp", ignore_errors=True)
        for name in ("state", "s3", "tmp"):
            (self.home / name).mkdir(parents=True, exist_ok=True)

    def part(self) -> Part:
        environment = base_environment(self.state, "emulator") | {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AWS_DEFAULT_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.home / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.home / "s3"),
            "TMPDIR": str(self.home / "tmp"),
            "LAMBDA_WARM_TTL_SECONDS": "300",
            "LOG_LEVEL": "INFO",
        }
        return Part(
            name="emulator",
            command=(sys.executable, "-m", "mycrypto_local.emulator"),
            port=self.port,
            folder=REPOSITORY,
            environment=environment,
            stop_seconds_max=30,
            probe=self.probe,
        )

    def holds_data(self) -> bool:
        return any(path.is_file() for name in ("state", "s3") for path in (self.home / name).rglob("*"))
