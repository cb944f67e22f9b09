"""``mycrypto keys reseal``: a new sealing key, and everything that is sealed once more with the newest."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer
from rich.console import Console

from mycrypto_local import local_secrets
from mycrypto_local.aws import LOCAL, of_stage
from mycrypto_local.progress import Progress
from mycrypto_local.terminal import AsJson, fail

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

console = Console(highlight=False)
Service = Literal["lambda", "secretsmanager"]
Stage = Annotated[str, typer.Option(help="local: the emulator; dev, staging or prod: AWS, with the credentials of this shell.")]


class Resealed(NamedTuple):
    """``remaining`` texts are sealed with an earlier key still, ``unreadable`` of them because no key opens them."""

    resealed: int
    remaining: int
    unreadable: int


class NotResealedError(RuntimeError):
    """The function did not do it; the message says why."""


def _invoked(functions: LambdaClient, name: str, event: dict[str, Any]) -> dict[str, Any]:
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    content = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise NotResealedError(f"{name} failed: {content.decode(errors='replace')[:500]}")
    found: dict[str, Any] = json.loads(content)
    return found


def reseal(functions: LambdaClient, stage: str, says: Callable[[str], None] = lambda _: None) -> Resealed:
    """Have auth seal again until nothing is left that can be. Each call does what its time allows; this may be broken off and repeated.

    ``says`` is told after each call how far the work is.
    """
    name = f"mycrypto-{stage}-auth" + ("" if stage == LOCAL else ":live")
    total = 0
    while True:
        found = _invoked(functions, name, {"job": "reseal"})
        total += found["resealed"]
        says(f"{total:,} sealed again, {found['remaining']:,} left")
        if found["remaining"] <= found["unreadable"] or not found["resealed"]:
            return Resealed(total, found["remaining"], found["unreadable"])


def new_key(stage: str) -> None:
    """Put a fresh key in front of the earlier ones."""
    secret = f"mycrypto/{stage}/two-factor"
    if stage != LOCAL:
        _invoked(of_stage("lambda", stage), f"mycrypto-{stage}-rotation", {"renew_sealing": secret})
        return
    from mycrypto_local.paths import state_folder

    manager = of_stage("secretsmanager", stage)
    renewed = local_secrets.renew_sealing(state_folder())  # first in the file: what is sealed with a key must never outlive it
    manager.put_secret_value(SecretId=secret, SecretString=json.dumps(renewed.documents()[secret]))


def reseal_command(
    *,
    with_new_key: Annotated[bool, typer.Option("--new-key", help="Make a new sealing key first.")] = False,
    stage: Stage = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Seal everything again with the newest key: second factors, secrets of API keys, national ids, identities of closed accounts. Exit 1 if something is
    left that no key opens.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    progress = Progress(quiet=as_json)
    try:
        with progress.shown():
            if with_new_key:
                with progress.step("new key"):
                    new_key(stage)
            with progress.step("sealing again") as step:
                found = reseal(of_stage("lambda", stage), stage, step.says)
    except (NotResealedError, local_secrets.LocalSecretsError, BotoCoreError, ClientError) as error:
        fail(str(error))
    if as_json:
        print(json.dumps(found._asdict()))
    else:
        console.print(f"{found.resealed} sealed again, {found.remaining} left")
    if found.remaining:
        fail(f"{found.unreadable} do not open with any key: restore the secret's earlier version, or those rows")
