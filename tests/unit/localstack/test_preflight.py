"""What a machine lacks is named with the command that installs it."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from mycrypto_local import preflight


def machine(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str]) -> None:
    """A machine with these programs, which answer these texts."""

    def run(words: tuple[str, ...], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 0, stdout="", stderr=versions[words[0]])

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in versions else None)
    monkeypatch.setattr(subprocess, "run", run)


COMPLETE = {"node": "v20.20.2", "npm": "11.0", "java": 'openjdk version "17.0.15"', "mvn": "3.8.7", "gcc": "12.2", "make": "4.3"}


def test_a_complete_machine_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, COMPLETE)
    preflight.check()


def test_a_throwaway_run_needs_neither_java_nor_maven(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, {key: text for key, text in COMPLETE.items() if key not in {"java", "mvn"}})
    preflight.check(preflight.THROWAWAY_TOOLS)
    with pytest.raises(preflight.MissingToolsError, match="maven"):
        preflight.check()


@pytest.mark.parametrize(("name", "package"), [("java", "openjdk-17-jre-headless"), ("mvn", "maven"), ("gcc", "gcc"), ("make", "make")])
def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, name: str, package: str) -> None:
    machine(monkeypatch, {key: text for key, text in COMPLETE.items() if key != name})
    with pytest.raises(preflight.MissingToolsError) as caught:
        preflight.check()
    assert f"{name} is not installed" in str(caught.value)
    assert f"sudo apt-get install -y {package}" in str(caught.value)


@pytest.mark.parametrize(("name", "text", "said"), [("java", 'openjdk version "11.0.2"', "version 11"), ("node", "v18.19.0", "version 18")])
def test_an_old_program_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str) -> None:
    machine(monkeypatch, COMPLETE | {name: text})
    with pytest.raises(preflight.MissingToolsError, match=f"{name} is {said}"):
        preflight.check()


def test_everything_missing_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, {})
    with pytest.raises(preflight.MissingToolsError) as caught:
        preflight.check()
    assert all(f"{tool.name} is not installed" in str(caught.value) for tool in preflight.TOOLS)
    assert preflight.NODE_20 in str(caught.value)
