"""Architecture invariant: the core reads no clock, no random source, no environment and no file, and knows no floats.

Held by looking at its syntax, so that a violation is found before it runs; ``tests/property`` holds what follows from it.
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CORE = ROOT / "engine_container" / "core"
FILES = sorted(path for path in CORE.rglob("*.py") if path.name != "__init__.py")

MODULES = {"__future__", "bisect", "collections.abc", "heapq", "librt.strings", "librt.vecs", "mypy_extensions", "typing"}
OWN = ("engine_container.core.", "mycrypto.money", "mycrypto.contracts")
NAMES = {
    "open", "print", "input", "breakpoint", "float", "complex", "round", "pow", "hash", "id", "eval", "exec", "compile", "__import__",
    "globals", "locals", "vars", "__builtins__",
}  # fmt: skip
DUNDERS = {"__hash__", "__truediv__", "__rtruediv__", "__pow__", "__float__", "__import__", "__builtins__", "__globals__"}
IN_ORDER = {"list", "tuple", "iter", "enumerate", "zip", "map", "filter", "reversed"}
"""Calls whose result shows the order of what they are given."""


def faults(source: str) -> list[str]:
    """Why this source may not be part of the core."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import):
            found += [f"{line}: import {name.name}" for name in node.names if name.name not in MODULES]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module not in MODULES and not (module + ".").startswith(tuple(name.rstrip(".") + "." for name in OWN)):
                found.append(f"{line}: from {module}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(f"{line}: float {node.value}")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div | ast.Pow):
            found.append(f"{line}: true division gives a float, and so does a power")
        elif isinstance(node, ast.Attribute) and node.attr in DUNDERS:
            found.append(f"{line}: {node.attr}")
        elif isinstance(node, ast.Name) and node.id in NAMES:
            found.append(f"{line}: {node.id}")
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global):
            found.append(f"{line}: {type(node).__name__}")
        found += [f"{line}: a set has no order" for _ in filter(_is_set, _walked_in_order(node))]
    return found


def _walked_in_order(node: ast.AST) -> list[ast.expr]:
    """What the node goes through one by one."""
    if isinstance(node, ast.For | ast.comprehension):
        return [node.iter]
    if isinstance(node, ast.Starred):
        return [node.value]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IN_ORDER:
        return node.args
    return []


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_set(node.left) or _is_set(node.right)
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    return isinstance(node, ast.Set | ast.SetComp) or called in {"set", "frozenset"}


EXCEPTIONS = {"packed_text": ["hash", "hash"]}
"""Hashes of two texts are the secrets by which the memory looks for client_order_ids, which no event shows (tests/property runs the core under several hash seeds)."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_module_is_pure(path: Path) -> None:
    assert [fault.split(": ", 1)[1] for fault in faults(path.read_text(encoding="utf-8"))] == EXCEPTIONS.get(path.stem, [])


@pytest.mark.parametrize(
    "source",
    [
        # clocks
        "import time", "from time import time", "from datetime import datetime", "import asyncio",
        # randomness
        "from random import random", "import secrets", "import uuid", "from os import urandom", "hash('a')", "id(x)", "x.__hash__()",
        # floats
        "x = 0.5", "x = 1e3", "x = 2j", "x = a / b", "x /= b", "x = a ** b", "x **= b", "float('1')", "round(x)", "pow(2, x)",
        "x.__truediv__(y)", "import math", "from decimal import Decimal", "from statistics import mean",
        # I/O and the environment
        "open('f')", "print(x)", "input()", "import os", "import sys", "import socket", "from pathlib import Path", "import logging",
        "async def f(): ...", "__import__('time')", "eval('1')", "f.__globals__",
        # other layers
        "from engine_container.engine import replica", "from engine_container import core", "from mycrypto import database",
        "from mycrypto.contractsextra import x", "from . import machine",
        # the order of sets
        "for a in {1, 2}: ...", "[a for a in set(b)]", "list({a for a in b})", "x = [*frozenset(b)]", "for a in set(b) | {1}: ...",
        # state outside the state
        "def f():\n    global a",
    ],
)  # fmt: skip
def test_the_rule_finds(source: str) -> None:
    assert faults(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "from engine_container.core.book import rest", "from mycrypto.money import fee_units", "from mycrypto.contracts.commands import Tick",
        "import heapq", "x = a // b * c", "for a in sorted({1, 2}): ...", "x = a in {1, 2}", "for a in [1]: ...", "x = b'' if a else 1",
    ],
)  # fmt: skip
def test_the_rule_leaves_alone(source: str) -> None:
    assert faults(source) == []


def test_modules_are_found() -> None:
    assert len(FILES) > 20


def contract(begin: str) -> dict[str, Any]:
    """The import rule with this name in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (found,) = [rule for rule in project["tool"]["importlinter"]["contracts"] if rule["name"].startswith(begin)]
    return dict(found)


def test_the_import_rule_names_every_neighbour_of_the_core() -> None:
    folder = ROOT / "engine_container"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")} | {path.stem for path in folder.glob("*.py")}
    own = {"core", "__init__", "build_core", "compiled"}
    assert {f"engine_container.{name}" for name in packages - own} <= set(contract("The core is pure")["forbidden_modules"])


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: path.relative_to(CORE).as_posix())
def test_rooms_of_the_core(path: Path) -> None:
    """Tables know neither rules nor formats, rules know no formats; import-linter holds the second for the processes as well."""
    imported = {node.module or "" for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)}
    own = {name for name in imported if name.startswith("engine_container.core.")}
    room = path.relative_to(CORE).parts[0]
    if room == "storage":
        assert {name for name in own if not name.startswith("engine_container.core.storage.")} == set()
    elif room != "codec":
        assert {name for name in own if name.startswith("engine_container.core.codec")} == set()
