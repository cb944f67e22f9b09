"""Node and Java are the machine's own or PyPI's, and what is missing at a start is named with the command that installs it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from mycrypto_local import preflight, toolchain
from mycrypto_local.paths import REPOSITORY
from mycrypto_local.toolchain import NEEDED, NODE, Source, ToolchainError

COMPLETE = {"node": "v20.20.2", "npm": "11.0", "java": 'openjdk version "17.0.15"'}


def programs(folder: Path, versions: dict[str, str]) -> Path:
    """A folder with programs that print these texts."""
    folder.mkdir(exist_ok=True)
    for name, text in versions.items():
        (folder / name).write_text(f"#!/bin/sh\necho '{text}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that the machine's programs are looked for in; the environment has none of its own."""
    folder = programs(tmp_path / "machine", {})
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(toolchain, "BIN", programs(tmp_path / "environment", {}))
    return folder


def test_a_complete_machine_passes(machine: Path) -> None:
    programs(machine, COMPLETE)
    preflight.check()


def test_a_throwaway_run_needs_no_java(machine: Path) -> None:
    programs(machine, {"node": COMPLETE["node"], "npm": COMPLETE["npm"]})
    preflight.check(preflight.THROWAWAY_TOOLS)
    with pytest.raises(preflight.MissingToolsError, match="java is not installed"):
        preflight.check()


@pytest.mark.parametrize(("name", "text", "said"), [("java", 'openjdk version "11.0.2"', "version 11"), ("node", "v18.19.0", "version 18")])
def test_an_old_program_is_named_with_its_version(machine: Path, name: str, text: str, said: str) -> None:
    programs(machine, COMPLETE | {name: text})
    with pytest.raises(preflight.MissingToolsError, match=f"{name} is {said}"):
        preflight.check()


def test_everything_missing_is_told_at_once_with_its_cure(machine: Path) -> None:
    with pytest.raises(preflight.MissingToolsError) as caught:
        preflight.check((*preflight.TOOLS, preflight.DOCKER))
    assert all(f"{name} is not installed" in str(caught.value) for name in ("node", "npm", "java", "docker"))
    assert str(caught.value).count("make install") == 1
    assert preflight.DOCKER_CURE in str(caught.value)


def test_docker_without_its_compose_plugin_is_missing(machine: Path) -> None:
    programs(machine, COMPLETE)
    (machine / "docker").write_text("#!/bin/sh\necho 'docker: unknown command' >&2\nexit 1\n")
    (machine / "docker").chmod(0o755)
    with pytest.raises(preflight.MissingToolsError, match="docker"):
        preflight.check(preflight.DOCKER_TOOLS)


# --- where they come from


class Pip:
    """Stands in for pip: lays down what a package holds."""

    def __init__(self, packages: Path, versions: dict[str, str], status: int = 0) -> None:
        self.packages, self.versions, self.status = packages, versions, status
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, words: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        if "pip" not in words:
            return REAL(words, **options)
        self.asked.append(tuple(words))
        programs(self.packages, self.versions)
        return subprocess.CompletedProcess(words, self.status, stdout="", stderr="no network")


REAL = subprocess.run
SOURCE = Source("node.lock", {"node": "node", "npm": "npm"})
TOOLS = NEEDED[0][0]


@pytest.fixture
def pip(tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch) -> Pip:
    del machine
    found = Pip(tmp_path / "packages", {"node": "v24.19.0", "npm": "11.0"})
    monkeypatch.setattr(subprocess, "run", found)
    return found


def provide(pip: Pip) -> str:
    return toolchain.provide(TOOLS, SOURCE, toolchain.BIN, pip.packages)


def test_what_the_machine_has_is_used(machine: Path, pip: Pip) -> None:
    programs(machine, COMPLETE)
    assert provide(pip) == ""
    assert pip.asked == []
    assert list(toolchain.BIN.iterdir()) == []


@pytest.mark.parametrize("there", [{}, {"node": "v18.0.0", "npm": "9.0"}, {"node": "v22.0.0"}])
def test_what_it_lacks_comes_from_pypi_at_the_hashes_of_its_lock(machine: Path, pip: Pip, there: dict[str, str]) -> None:
    programs(machine, there)
    assert provide(pip).startswith("node and npm from PyPI")
    assert "--require-hashes" in pip.asked[0]
    assert f"--requirement={REPOSITORY / 'requirements/node.lock'}" in pip.asked[0]
    assert toolchain.fault(NODE, toolchain.search_path()) == ""
    assert provide(pip) == ""
    assert len(pip.asked) == 1, "once is enough"


def test_once_the_machine_has_it_the_links_go(machine: Path, pip: Pip) -> None:
    provide(pip)
    programs(machine, COMPLETE)
    assert provide(pip) == ""
    assert list(toolchain.BIN.iterdir()) == []


def test_a_fetch_that_fails_is_told(pip: Pip) -> None:
    pip.status = 1
    with pytest.raises(ToolchainError, match=r"node is not on this machine(.|\n)*no network"):
        provide(pip)


def test_the_locks_are_there() -> None:
    for _, source in NEEDED:
        assert (REPOSITORY / "requirements" / source.lock).is_file()
