"""Architecture invariant: the core reads no clock, no random source, no environment and no file, and knows no floats.

Held by looking at its syntax, so that a violation is found before it runs; ``tests/property`` holds what follows from it.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parents[3] / "engine_container" / "core"
FILES = sorted(path for path in CORE.glob("*.py") if path.name != "__init__.py")

MODULES = {"__future__", "bisect", "collections.abc", "heapq", "mypy_extensions", "typing"}
OWN = ("engine_container.core.", "mycrypto.money", "mycrypto.contracts")
NAMES = {"open", "print", "input", "float", "hash", "id", "eval", "exec", "__import__", "globals", "round", "pow"}


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
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            found.append(f"{line}: true division gives a float")
        elif isinstance(node, ast.Name) and node.id in NAMES:
            found.append(f"{line}: {node.id}")
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global):
            found.append(f"{line}: {type(node).__name__}")
        elif isinstance(node, ast.For) and isinstance(node.iter, ast.Set | ast.SetComp):
            found.append(f"{line}: the order of a set is nobody's")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_module_is_pure(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time", "from random import random", "import os", "x = 0.5", "x = a / b", "float('1')", "open('f')", "hash('a')",
        "from datetime import datetime", "async def f(): ...", "for a in {1, 2}: ...", "from engine_container.engine import replica",
    ],
)  # fmt: skip
def test_the_rule_finds(source: str) -> None:
    assert faults(source) != []


def test_modules_are_found() -> None:
    assert len(FILES) > 20
