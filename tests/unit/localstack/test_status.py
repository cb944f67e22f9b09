"""``mycrypto status`` says when the core runs interpreted, and what mends it."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import pytest

from engine_container import compiled
from mycrypto_local.status import core_hint


def test_a_compiled_core_needs_no_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "is_fresh", lambda _: True)
    assert core_hint() == ""


def test_everything_that_the_compiler_needs_is_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiled, "is_fresh", lambda _: False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    assert "core runs interpreted" in core_hint()
    assert core_hint().endswith("sudo apt-get install -y gcc libc6-dev python3-dev, then: make up")


def test_where_all_of_it_is_there_the_core_is_only_to_be_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiled, "is_fresh", lambda _: False)
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert core_hint().endswith("Compile it: make up")
