"""The AWS emulator: what every one of them is to the runner, and one that runs already. Ours have modules of their own beside this one."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mycrypto_local.emulator_kind import EmulatorKind
from mycrypto_local.parts.part import NotReadyError, Part

REGION: Final = "eu-central-1"
ACCOUNT: Final = "000000000000"
HEALTH_PATH: Final = "/_localstack/health"
MINISTACK_HEALTH_PATH: Final = "/_ministack/health"


@dataclass(frozen=True, slots=True)
class Emulator(ABC):
    """Lambda, API Gateway, SQS, SES and the rest of what stage local deploys to."""

    state: Path

    @property
    @abstractmethod
    def kind(self) -> EmulatorKind: ...

    @property
    @abstractmethod
    def endpoint(self) -> str: ...

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

    def probe(self) -> None:
        """Whether it answers; raises :class:`NotReadyError`."""
        probe(self.endpoint + HEALTH_PATH, "emulator")


@dataclass(frozen=True, slots=True)
class OwnEmulator(Emulator):
    """One that the runner starts and stops."""

    port: int

    @property
    def home(self) -> Path:
        return self.state / "emulator"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_saved(self) -> bool:
        """Whether it keeps its state from one run to the next, and writes it when it gets the signal ``SAVE_NOW``."""
        return False

    def install(self, tell: Callable[[str], None]) -> None:
        """Fetch what is not among the dependencies of the runner; ``tell`` hears of it."""

    @abstractmethod
    def prepare(self) -> None:
        """What has to be there before it starts."""

    @abstractmethod
    def part(self) -> Part: ...

    def holds_data(self) -> bool:
        """Whether a former run has left anything, however little of it."""
        return False

    def remove(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class RunningEmulator(Emulator):
    """One that runs already, at the address of ``AWS_ENDPOINT_URL``: neither started nor stopped here."""

    address: str

    @property
    def endpoint(self) -> str:
        return self.address

    @property
    def kind(self) -> EmulatorKind:
        """As it says itself. Raises :class:`NotReadyError` when it does not answer."""
        self.probe()
        try:
            probe(self.endpoint + MINISTACK_HEALTH_PATH, "emulator")
        except NotReadyError:
            return EmulatorKind.LOCALSTACK
        return EmulatorKind.MINISTACK


def probe(url: str, name: str) -> None:
    """Whether a URL answers 2xx within two seconds."""
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
