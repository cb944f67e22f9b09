"""The AWS commands of the runbooks: operations and parameters exist, nothing that is needed is missing, and where the emulator has the
service they are carried out.

A place that the reader fills in stands in capitals or as ``...``; ``...`` also stands for values that are not written out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from moto import mock_aws

ROOT = Path(__file__).resolve().parents[3]
COMMAND = re.compile(r"(?:`|^\s*\$ )aws ([^`\n]*)", re.MULTILINE)
REGION = "eu-central-1"
ACCOUNT = "123456789012"
PLACES = {"STAGE": "prod", "REGION": REGION, "ACCOUNT": ACCOUNT, "QUEUE": "email-notifications"}
OF_THE_COMMAND_LINE = {("s3", "rm")}  # s3's file commands are the tool's own, no operations of the service
GLOBAL = {"cli-binary-format": ("raw-in-base64-out",)}
"""Options of the tool itself, with the values that pages may give."""
NOT_CARRIED_OUT = {
    ("elasticache", "modify_replication_group"): "moto has no such operation",
    ("rds", "restore_db_instance_to_point_in_time"): "the reader chooses name and time",
    ("secretsmanager", "rotate_secret"): "rotation runs a function, which stage local does in tests/unit/rotation",
    ("lambda", "update_event_source_mapping"): "it needs a cluster that the mapping reads",
    ("ecs", "run_task"): "network and overrides are the reader's",
    ("lambda", "invoke"): "it needs the function, which the full demo calls in stage local",
    ("kafka", "delete_cluster"): "it needs the ARN of a cluster",
    ("service-quotas", "request_service_quota_increase"): "moto has no such operation",
}


def _commands() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "docs").rglob("*.md")):
        # a command in the text of a page goes on over the end of a line
        text = re.sub(r"(?<!`)`[^`]+`(?!`)", lambda found: " ".join(found[0].split()), path.read_text().replace("\\\n", " "))
        for found in COMMAND.findall(text):
            yield path.name, found.split(" #")[0]


COMMANDS = list(_commands())


def _read(command: str) -> tuple[str, str, dict[str, str | None]]:
    """Service, operation in snake case, and the options with their values; ``None`` for a switch."""
    filled = re.sub(r"\b[A-Z]{4,}\b", lambda found: PLACES.get(found[0], found[0]), command)
    service, operation, *words = shlex.split(filled)
    options: dict[str, str | None] = {}
    for index, word in enumerate(words):
        if word.startswith("--"):
            value = words[index + 1] if index + 1 < len(words) and not words[index + 1].startswith("--") else None
            options[word.removeprefix("--")] = value
    return service, operation.replace("-", "_"), options


def _parameters(service: str, operation: str, options: dict[str, str | None]) -> dict[str, Any]:
    """What the command line tool would send. Fails for an operation or an option that there is not."""
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name): name for name in model.operation_names}
    assert operation in names, f"{service} has no operation {operation}"
    shape = model.operation_model(names[operation]).input_shape
    assert shape is not None
    members = {xform_name(name, "-"): (name, member) for name, member in shape.members.items()}
    for option, values in GLOBAL.items():
        assert option not in options or options[option] in values, f"--{option} is one of {values}"
    options = {option: value for option, value in options.items() if option not in GLOBAL}
    unknown = options.keys() - members.keys()
    assert not unknown, f"{service} {operation} has no --{', --'.join(sorted(unknown))}"
    sent: dict[str, Any] = {}
    for option, value in options.items():
        name, member = members[option]
        assert (value is None) == (member.type_name == "boolean"), f"--{option} is {member.type_name}"
        allowed = getattr(member, "enum", ())
        if allowed and value != "...":
            assert value in allowed, f"--{option} is one of {allowed}"
        sent[name] = True if value is None else int(value) if member.type_name == "integer" else value
    missing = set(shape.required_members) - sent.keys()
    assert not missing, f"{service} {operation} needs {sorted(missing)}"
    return sent


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=[" ".join(command.split()[:2]) for _, command in COMMANDS])
def test_operation_and_parameters_exist(page: str, command: str) -> None:
    service, operation, options = _read(command)
    if (service, operation) not in OF_THE_COMMAND_LINE:
        assert _parameters(service, operation, options), page


def _prepare() -> None:
    """What the commands act on, under the names that the stages give."""
    for name in ("wallet", "origin", "recaptcha"):
        boto3.client("secretsmanager", REGION).create_secret(Name=f"mycrypto/prod/{name}")
    ecs: Any = boto3.client("ecs", REGION)
    ecs.register_task_definition(family="gateway", containerDefinitions=[{"name": "gateway", "image": "gateway", "memory": 64}])
    for stage, service in (("prod", "gateway"), ("dev", "engine-spot-a")):
        cluster = f"mycrypto-{stage}-trading"
        ecs.create_cluster(clusterName=cluster)
        ecs.create_service(cluster=cluster, serviceName=f"mycrypto-{stage}-{service}", taskDefinition="gateway", desiredCount=0)


RUN = [
    (page, command)
    for page, command in COMMANDS
    if (read := _read(command))[:2] not in OF_THE_COMMAND_LINE and read[:2] not in NOT_CARRIED_OUT
]


@pytest.mark.parametrize(("page", "command"), RUN, ids=[" ".join(command.split()[:2]) for _, command in RUN])
def test_commands_are_carried_out(page: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    service, operation, options = _read(command)
    with mock_aws():
        _prepare()
        client: Any = boto3.client(service, region_name=REGION)  # type: ignore[call-overload] # a name read from a page
        answer = getattr(client, operation)(**_parameters(service, operation, options))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200, page


def test_what_is_not_carried_out_is_still_on_the_pages() -> None:
    assert {_read(command)[:2] for _, command in COMMANDS} >= NOT_CARRIED_OUT.keys() | OF_THE_COMMAND_LINE
