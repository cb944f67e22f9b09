"""Stage dev, without the few types that the emulator lacks, deploys to it: references, exports, outputs and policies fit together."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra import emulated, functions, names, templates
from infra.templates import Templates
from mycrypto_local.parts.emulator import ACCOUNT, REGION
from mycrypto_local.parts.ministack import Ministack
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.ports import any_free

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / "node_modules" / ".bin" / "cdk"
CANNOT_RUN = (
    "Custom::PrefixList",  # CloudFront's addresses are AWS's own
    "Custom::KafkaBootstrap",  # there is no MSK
    "Custom::CrossRegionExportReader",  # these two are written for Node and need its AWS library
    "Custom::CrossRegionExportWriter",
)
KNOWN_TYPES = (
    "import json; from ministack.services.cloudformation import provisioners as p; print(json.dumps(sorted(p._RESOURCE_HANDLERS)))"
)

pytestmark = [
    pytest.mark.skipif(not CDK.exists(), reason="needs the CDK command: make install"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def emulator(server_folder: Path) -> Iterator[Ministack]:
    emulator = Ministack(server_folder / "dev-stage", any_free(1)[0])
    emulator.prepare()
    with spawned(emulator.part(), server_folder / "dev-emulator.log"):
        yield emulator


@pytest.fixture(scope="module")
def known_types() -> list[str]:
    """The resource types of the emulator, asked of itself in a process of its own."""
    done = subprocess.run([sys.executable, "-c", KNOWN_TYPES], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def assembly(
    synth: Callable[..., Templates], known_types: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Templates, dict[str, list[str]]]:
    """A copy of the synthesised stage, cut down, and what was taken out. The image is named, so that nothing has to build it."""
    whole = synth("dev", image="registry.example/mycrypto/trading:1")
    folder = tmp_path_factory.mktemp("emulated") / "assembly"
    shutil.copytree(whole.folder, folder)
    migrated = next(
        name.split("/")[1] for name in whole.resources("Custom::Invocation") if "Migrated" in name
    )  # there is no database server
    gone = emulated.cut_down(folder, known_types, (*CANNOT_RUN, migrated))
    return templates.read("dev", folder), gone


@pytest.fixture(scope="module")
def outputs(emulator: Ministack, assembly: tuple[Templates, dict[str, list[str]]]) -> dict[str, dict[str, str]]:
    """The outputs of the deployed stacks."""
    stage, _ = assembly
    environment = {**os.environ, **emulator.client_environment, "CI": "1", "HOME": str(stage.folder.parent)}

    def cdk(*words: str) -> None:
        done = subprocess.run([str(CDK), *words], cwd=stage.folder.parent, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]

    cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", f"aws://{ACCOUNT}/us-east-1")
    target = stage.folder.parent / "outputs.json"
    cdk(
        *("deploy", "--app", str(stage.folder), "--all", "--require-approval", "never"),
        *("--concurrency", "4", "--progress", "events", "--outputs-file", str(target)),
    )
    found: dict[str, dict[str, str]] = json.loads(target.read_text())
    return found


def _client(emulator: Ministack, service: Any) -> Any:
    return boto3.client(service, endpoint_url=emulator.endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


def test_only_what_the_emulator_lacks_is_left_out(assembly: tuple[Templates, dict[str, list[str]]]) -> None:
    _, gone = assembly
    for area in ("identity", "wallet", "messaging", "storage"):
        assert gone[f"mycrypto-dev-{area}"] == [], "these stacks are deployed whole"


def test_every_stack_arrives(
    outputs: dict[str, dict[str, str]], emulator: Ministack, assembly: tuple[Templates, dict[str, list[str]]]
) -> None:
    stage, _ = assembly
    stacks = _client(emulator, "cloudformation").describe_stacks()["Stacks"]
    done = {found["StackName"] for found in stacks if found["StackStatus"] == "CREATE_COMPLETE"}
    here = {f"mycrypto-dev-{area}" for area in stage.stacks if area != "front-acl"}
    assert here <= done


def test_functions_are_there_under_their_names(outputs: dict[str, dict[str, str]], emulator: Ministack) -> None:
    there = {found["FunctionName"] for found in _client(emulator, "lambda").list_functions()["Functions"]}
    assert {names.resource("dev", spec.name) for spec in (*functions.ALL, *functions.ON_AWS)} <= there


def test_the_deployment_gave_the_secrets_their_first_values(outputs: dict[str, dict[str, str]], emulator: Ministack) -> None:
    secrets = _client(emulator, "secretsmanager")
    webhooks = json.loads(secrets.get_secret_value(SecretId=names.secret("dev", names.SECRET_WEBHOOKS))["SecretString"])
    assert set(webhooks) == {"bank", "chain"}
    second_factor = json.loads(secrets.get_secret_value(SecretId=names.secret("dev", names.SECRET_TWO_FACTOR))["SecretString"])
    assert len(second_factor["key"]) == 44


def test_outputs_name_what_an_operator_asks_for(outputs: dict[str, dict[str, str]]) -> None:
    assert outputs["mycrypto-dev-edge"]["RestApiId"]
    assert outputs["mycrypto-dev-front"]["FrontDomain"]
    assert outputs["mycrypto-dev-messaging"]["QueueEmailNotifications"].endswith("mycrypto-dev-email-notifications")
    assert outputs["mycrypto-dev-observability"]["AlarmsCritical"].endswith("mycrypto-dev-alarms-critical")
