"""Which emulator plays AWS for a platform. ``up`` chooses it; a note in the state folder keeps the choice for the other commands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mycrypto_local.aws import of_emulator
from mycrypto_local.deployment import MARK
from mycrypto_local.emulator_kind import EmulatorKind
from mycrypto_local.parts.emulator import Emulator, RunningEmulator
from mycrypto_local.parts.localstack import LocalStack
from mycrypto_local.parts.ministack import Ministack
from mycrypto_local.parts.part import NotReadyError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NOTE: Final = "aws"
DEFAULT: Final = EmulatorKind.MINISTACK
LOST: Final = "nothing is deployed to it: it may have been restarted, and have kept nothing; mend it with make up"


class EmulatorError(RuntimeError):
    """Another emulator was asked for than the platform has; the message says what to do."""


def chosen(state: Path) -> str:
    """A kind, or the address of one that runs already; that of a platform which was begun without a choice is the default."""
    try:
        return (state / NOTE).read_text().strip() or DEFAULT
    except FileNotFoundError:
        return DEFAULT


def settle(state: Path, wanted: str) -> None:
    """Note what ``up`` asks for, a kind or an address. An empty wish is what the folder has. Raises :class:`EmulatorError` for another one: what the
    platform keeps in S3 would stay behind.
    """
    if not wanted:
        return
    if wanted not in tuple(EmulatorKind):
        address = urlsplit(wanted)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise EmulatorError(f"AWS_ENDPOINT_URL must be an http:// address, not '{wanted}'")
        wanted = wanted.rstrip("/")
    if (state / "ports.json").exists() and chosen(state) != wanted:
        raise EmulatorError(
            f"{state} holds a platform on {chosen(state)}, not on {wanted}; give it up with 'mycrypto reset', or name another MYCRYPTO_STATE"
        )
    (state / NOTE).write_text(f"{wanted}\n")


def of(state: Path, port: int) -> Emulator:
    """The emulator of a state folder's platform; ``port`` is where it listens if it is ours."""
    found = chosen(state)
    if found == EmulatorKind.MINISTACK:
        return Ministack(state, port)
    if found == EmulatorKind.LOCALSTACK:
        return LocalStack(state, port)
    return RunningEmulator(state, found)


def check_deployed(emulator: Emulator) -> None:
    """Raise :class:`NotReadyError` unless the emulator answers and holds a deployment. A LocalStack that crashed is restarted, and empty."""
    from botocore.exceptions import BotoCoreError, ClientError

    emulator.probe()
    client = _ssm(emulator.endpoint)
    try:
        client.get_parameter(Name=MARK)
    except client.exceptions.ParameterNotFound:
        raise NotReadyError(LOST) from None
    except (BotoCoreError, ClientError) as error:
        raise NotReadyError(f"emulator: {error}") from error


@cache
def _ssm(endpoint: str) -> SSMClient:
    from botocore.config import Config

    client: SSMClient = of_emulator("ssm", endpoint, Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}))
    return client
