"""The functions behind the REST API have one folder shape, so that a reader of one knows where to look in the other."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

FUNCTIONS: Final = Path(__file__).resolve().parents[3] / "functions"
SHAPE: Final = {"app.py", "context.py", "handler.py", "models.py", "openapi.py", "settings.py", "reaches.toml", "routes", "store"}
FRAME: Final = {"__init__", "shared"}


@pytest.mark.parametrize("name", ["auth", "wallet"])
def test_a_function_behind_the_rest_api_has_the_shape(name: str) -> None:
    assert {path.name for path in (FUNCTIONS / name).iterdir()} >= SHAPE


@pytest.mark.parametrize("name", ["auth", "wallet"])
def test_stores_know_neither_routes_nor_the_modules_between(name: str) -> None:
    """SQL is below the rules: a store may import other stores, models, and modules without effects."""
    for path in (FUNCTIONS / name / "store").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert not node.module.startswith(f"functions.{name}.routes"), path
                assert node.module not in {f"functions.{name}.{part}" for part in ("app", "context", "handler")}, path


@pytest.mark.parametrize("name", ["auth", "wallet"])
def test_routes_run_no_sql(name: str) -> None:
    for path in (FUNCTIONS / name / "routes").glob("*.py"):
        if path.stem not in FRAME:
            called = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
            assert "execute" not in called, path
