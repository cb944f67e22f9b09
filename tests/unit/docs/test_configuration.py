"""What the configuration says of the sources is compared with them."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("engine_container", "functions", "infra", "layers", "localstack", "tests")
EVERYBODY_SPEAKS = {"aws_cdk", "aws_cdk._jsii.*", "aws_cdk.interfaces.*"}


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "aws_cdk":
            yield from (f"{node.module}.{name.name}" for name in node.names if name.name.startswith("aws_"))
            yield from [node.module] if node.module != "aws_cdk" else []
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("aws_cdk."))


def test_every_cdk_module_that_we_import_is_type_checked() -> None:
    """A module that mypy does not follow is Any without a word."""
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    imported = {name for path in sources for name in _imported(ast.parse(path.read_text()))}
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (followed,) = (set(override["module"]) for override in overrides if override.get("follow_imports") == "normal")
    assert imported == followed - EVERYBODY_SPEAKS


def test_no_package_here_takes_the_name_of_a_library() -> None:
    """The runner's folder is named after LocalStack, whose own package must be importable beside it."""
    assert not (ROOT / "localstack" / "__init__.py").exists()
    names = {path.name for path in (ROOT / "localstack").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {owner for name in names for owner in packages_distributions().get(name, [])} <= {"mycrypto-platform"}
