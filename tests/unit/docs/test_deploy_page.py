"""The way from an empty account to the first trade: every command on the page exists, and every value of the context is explained."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "deploy.md").read_text()
COMMANDS = [line.removeprefix("$ ").split(" #")[0].strip() for line in PAGE.splitlines() if line.startswith("$ ")]
CDK = {"bootstrap", "deploy", "destroy", "diff"}
OF_THE_PLATFORM = {
    "database_host", "database_port", "redis_url", "kafka_bootstrap", "aws_endpoint", "links_endpoint", "front_door", "emulator", "log_level",
}  # fmt: skip
"""Read in stage local alone."""


def _known(command: str) -> bool:
    words = command.split()
    if words[0] == "make":
        targets = (ROOT / "Makefile").read_text() + (ROOT / ".ci" / "stages.mk").read_text()
        return bool(re.search(rf"^{words[1]}:", targets, re.MULTILINE))
    if words[0] == "npx":
        return words[1] == "cdk" and words[2] in CDK
    if words[0].endswith("/python"):
        return words[1] == "-m" and hasattr(importlib.import_module(words[2]), "main")
    return words[0] == "aws"  # test_aws_commands reads them


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_exists(command: str) -> None:
    assert _known(command), command


def test_steps_come_in_order() -> None:
    wanted = ["make deployable", "npx cdk bootstrap", ".venv/bin/python -m infra.ready", "make deploy ", "make smoke"]
    wanted += [".venv/bin/python -m infra.administrator", "make destroy"]
    places = [next(place for place, command in enumerate(COMMANDS) if f"{command} ".startswith(step)) for step in wanted]
    assert places == sorted(places)


def test_each_value_of_the_context_is_explained() -> None:
    read = {
        str(node.args[0].value)
        for node in ast.walk(ast.parse((ROOT / "infra" / "stages.py").read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "context"
        and isinstance(node.args[0], ast.Constant)
    }
    explained = {key for row in re.findall(r"^\| (`[a-z_`, ]+`) \|", PAGE, re.MULTILINE) for key in re.findall(r"`([a-z_]+)`", row)}
    assert explained == read - OF_THE_PLATFORM


def test_each_operation_is_in_the_document() -> None:
    documents = [json.loads((ROOT / "docs" / "api" / f"{name}.json").read_text()) for name in ("openapi", "auth", "wallet")]
    paths = {(method.upper(), path) for document in documents for path, item in document["paths"].items() for method in item}
    named = re.findall(r"`(GET|POST|PUT) (/api/[^`]+)`", PAGE)
    assert named
    for operation in named:
        assert operation in paths
