"""Which operations of AWS the code of a component calls, read from the files that it imports."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import botocore.session
from botocore import xform_name

from infra.deployable.components import PROCESSES
from infra.sources import ROOT

SERVICES: Final = ("s3", "sqs", "sns", "ses", "secretsmanager", "cloudwatch", "lambda")
ACTIONS: Final = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "lambda:Invoke": "lambda:InvokeFunction",
}
"""Where an operation needs a permission of another name."""
_NAMED_BY_AN_ARGUMENT: Final = {"get_paginator", "generate_presigned_url"}


@functools.cache
def _operations() -> dict[str, str]:
    """Permission by the method's name in Python."""
    session = botocore.session.get_session()
    found = {"upload_fileobj": "s3:PutObject", "download_fileobj": "s3:GetObject"}  # boto3's own, of several operations
    for service in SERVICES:
        for name in session.get_service_model(service).operation_names:
            action = f"{service}:{name}"
            found.setdefault(xform_name(name), ACTIONS.get(action, action))
    return found


def _file(module: str) -> Path | None:
    base = ROOT / "layers" / "common" / "python" if module.startswith("mycrypto") else ROOT
    path = base.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


@functools.cache
def _read(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The permissions that a file's calls need, and the modules of ours that it imports."""
    calls: set[str] = set()
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Call):
            calls |= set(_called(node))
    return frozenset(calls), frozenset(name for name in modules if name.split(".")[0] in ("functions", "mycrypto", "engine_container"))


def _called(call: ast.Call) -> Iterator[str]:
    if not isinstance(call.func, ast.Attribute):
        return
    if call.func.attr in _NAMED_BY_AN_ARGUMENT and call.args and isinstance(call.args[0], ast.Constant):
        name = str(call.args[0].value)
    elif any(word.arg and word.arg[0].isupper() for word in call.keywords):  # as AWS spells parameters, and Python does not
        name = call.func.attr
    else:
        return
    if name in _operations():
        yield _operations()[name]


@functools.cache
def of_component(name: str) -> frozenset[str]:
    """All that its code, and the code that this imports, may ask of AWS."""
    first = f"engine_container.{name}.__main__" if name in PROCESSES else f"functions.{name}.handler"
    waiting, seen, calls = [first], set[Path](), set[str]()
    while waiting:
        path = _file(waiting.pop())
        if path is None or path in seen:
            continue
        seen.add(path)
        found, modules = _read(path)
        calls |= found
        waiting += modules
    return frozenset(calls)
