"""The delivery pipeline has the eight stages, in order, and its commands are targets that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
STAGES = (
    "Lint and format",
    "Unit tests",
    "Integration tests",
    "Security scan",
    "Build image",
    "Deploy dev",
    "Deploy staging",
    "Deploy production",
)


def _workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((WORKFLOWS / name).read_text())
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in WORKFLOWS.glob("*.yml")))
def test_workflows_obey_their_schema(name: str) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOWS / name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_eight_stages_and_each_needs_those_before_it() -> None:
    jobs = _workflow("delivery.yml")["jobs"]
    assert [job["name"] for job in jobs.values()] == [f"{number} {name}" for number, name in enumerate(STAGES, start=1)]
    order = list(jobs)
    for name, job in jobs.items():
        needs = job.get("needs", [])
        needed = [needs] if isinstance(needs, str) else needs
        assert all(order.index(before) < order.index(name) for before in needed)
    assert set(jobs["image"]["needs"]) == {"unit", "integration", "security"}
    assert "staging" in jobs["prod"]["needs"]


def test_every_make_target_that_is_called_exists() -> None:
    called = {
        target
        for path in [*WORKFLOWS.glob("*.yml"), *(ROOT / ".github" / "actions").rglob("*.yml")]
        for target in re.findall(r"\bmake ([a-z-]+)", path.read_text())
    }
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text() + (ROOT / ".ci" / "stages.mk").read_text(), re.MULTILINE))
    assert called
    assert called <= targets, called - targets


def test_no_job_has_more_rights_than_it_needs_and_no_long_lived_key() -> None:
    for path in WORKFLOWS.glob("*.yml"):
        text = path.read_text()
        assert yaml.safe_load(text)["permissions"] == {"contents": "read"}, "rights are given job by job"
        assert "secrets." not in text, "roles are assumed by OIDC"


def test_actions_of_others_are_pinned_to_commits_that_name_their_release() -> None:
    used = [
        (path.name, line)
        for path in [*WORKFLOWS.glob("*.yml"), *(ROOT / ".github" / "actions").rglob("*.yml")]
        for line in re.findall(r"uses: (?!\./)(.+)", path.read_text())
    ]
    assert used
    for file, line in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), f"{file}: {line}"
    releases = {line.split("@")[0]: line for _, line in used}
    assert set(releases.values()) == {line for _, line in used}, "one action, one commit"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("actionlint") is None, reason="needs actionlint on the path; 'make lint-workflows' fetches it")
def test_actionlint_finds_nothing() -> None:
    done = subprocess.run(["actionlint"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_failed_smoke_test_puts_the_version_before_back() -> None:
    steps = _workflow("deploy.yml")["jobs"]["deploy"]["steps"]
    last = steps[-1]
    assert last["if"].startswith("failure()")
    assert "make deploy" in last["run"]
    assert "make smoke" in last["run"]
