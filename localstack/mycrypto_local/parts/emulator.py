"""The AWS emulator ministack: Lambda, API Gateway, SQS, SES and the rest of what stage local deploys to."""

from __future__ import annotations

import shutil
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mycrypto_local.parts.part import NotReadyError, Part, base_environment
from mycrypto_local.paths import REPOSITORY

REGION: Final = "eu-central-1"
ACCOUNT: Final = "000000000000"
HEALTH_PATH: Final = "/_localstack/health"


@dataclass(frozen=True, slots=True)
class Emulator:
    state: Path
    port: int

    @property
    def home(self) -> Path:
        return self.state / "emulator"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client_environment(self) -> dict[str, str]:
        """What boto3 and the ``cdk`` command need to speak to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

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
            probe=self._probe,
        )

    def holds_data(self) -> bool:
        """Whether a former run has left anything, however little of it."""
        return any(path.is_file() for name in ("state", "s3") for path in (self.home / name).rglob("*"))

    def remove(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def _probe(self) -> None:
        probe(self.endpoint + HEALTH_PATH, "emulator")


def probe(url: str, name: str) -> None:
    """Whether a URL on this machine answers 2xx within two seconds."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(300).decode(errors="replace")
        raise NotReadyError(f"{name} answers {error.code}: {said}") from error
    except OSError as error:
        raise NotReadyError(f"{name}: {getattr(error, 'reason', error)}") from error
