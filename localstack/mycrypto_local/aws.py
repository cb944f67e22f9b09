"""Clients of AWS: those of the emulator, and those of the account that the shell is signed in to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from botocore.config import Config

LOCAL: Final = "local"


def of_emulator(service: str, endpoint: str, config: Config | None = None) -> Any:
    """A client of one of the emulator's services; it takes any credentials."""
    import boto3  # takes a third of a second, which most commands need not pay

    from mycrypto_local.parts.emulator import REGION

    return boto3.client(
        service,  # type: ignore[call-overload]  # chosen at run time
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
        config=config,
    )


def of_stage(service: str, stage: str) -> Any:
    """Of the running emulator for stage local, of the shell's account for any other. Ends the command where nothing runs."""
    import boto3

    from mycrypto_local.running import NotRunningError, Running
    from mycrypto_local.terminal import fail

    if stage != LOCAL:
        return boto3.client(service)  # type: ignore[call-overload]  # chosen at run time
    try:
        endpoint = Running.load().aws_endpoint
    except NotRunningError as error:
        fail(str(error))
    return of_emulator(service, endpoint)
