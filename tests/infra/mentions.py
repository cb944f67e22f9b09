"""What a named test mentions: the texts in it, and in the helpers and fixtures that it uses from its file and the conftest files above it."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


class NoSuchTestError(LookupError):
    """The node id names no test."""


def mentioned(root: Path, node_id: str) -> set[str]:
    """The texts that the test ``file::name`` mentions, constants of imported modules among them. Raises :class:`NoSuchTestError`."""
    file, _, name = node_id.partition("::")
    path = root / file
    if not path.is_file():
        raise NoSuchTestError(node_id)
    trees = [ast.parse(place.read_text()) for place in (path, *_conftests(root, path))]
    functions: dict[str, list[Function]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, Function):
                functions.setdefault(node.name, []).append(node)
    if not name.startswith("test_") or not any(isinstance(node, Function) and node.name == name for node in trees[0].body):
        raise NoSuchTestError(node_id)
    imported = {known: origin for tree in reversed(trees) for known, origin in _imports(tree)}
    return set(_texts(name, functions, imported))


def _conftests(root: Path, path: Path) -> Iterator[Path]:
    for folder in path.parents:
        if (folder / "conftest.py").is_file():
            yield folder / "conftest.py"
        if folder == root:
            return


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("mycrypto.", "engine_container.", "infra")):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "mycrypto":
            yield from ((alias.asname or alias.name, f"mycrypto.{alias.name}") for alias in node.names)


def _texts(name: str, functions: dict[str, list[Function]], imported: dict[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for function in functions.get(current, ()):
            for node in ast.walk(function):
                match node:
                    case ast.Constant(value=str() as text):
                        yield text
                    case ast.Name(id=used):
                        waiting.append(used)
                        yield from _constant(imported.get(used, ""))
                    case ast.arg(arg=used):
                        waiting.append(used)
                    case ast.Attribute(value=ast.Name(id=module), attr=used):
                        waiting.append(used)
                        if module in imported:
                            yield from _constant(f"{imported[module]}.{used}")
                    case ast.Attribute(attr=used):
                        waiting.append(used)


def _constant(dotted: str) -> Iterator[str]:
    """The text that a module keeps under this name, if it is one."""
    module, _, name = dotted.rpartition(".")
    if not module or not name.isupper():
        return
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError:
        return
    if isinstance(found, str):
        yield found
