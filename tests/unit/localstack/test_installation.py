"""After a pull, commands of an old environment say what to do instead of failing somewhere inside."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from mycrypto_local import installation
from mycrypto_local.paths import REPOSITORY
from tests.unit.packaging.deployables import group


def test_the_environment_of_the_tests_is_current() -> None:
    installation.check()


def test_every_pinned_package_is_looked_at() -> None:
    wanted = installation.pinned()
    assert {"boto3", "pyjwt", "psycopg", "noida-db", "aws-cdk-lib"} <= wanted.keys(), "of included groups, and with extras"
    assert "ruff" not in wanted
    needed = {f"{line.name}{line.specifier}" for name in installation.GROUPS for line in group(name)}
    assert {f"{name}=={version}" for name, version in wanted.items()} == needed


def test_what_is_absent_or_other_is_named() -> None:
    def installed(name: str) -> str:
        if name == "redis":
            raise PackageNotFoundError(name)
        return {"boto3": "1.0", "msgspec": "0.22.0"}[name]

    assert installation.differences({"boto3": "1.43.106", "redis": "8.1.0", "msgspec": "0.22.0"}, installed) == [
        "  boto3 is 1.0, pinned is 1.43.106",
        "  redis 8.1.0 is not installed",
    ]


@pytest.mark.parametrize("command", [["up"], ["status"]])
def test_a_module_that_is_missing_is_told_with_the_cure(command: list[str], tmp_path: Path) -> None:
    """A package that a newer checkout imports is not there: here an import hook hides it."""
    hiding = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "psutil":
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
import importlib.metadata as metadata
there = metadata.version
def version(name):
    if name == "psutil":
        raise metadata.PackageNotFoundError(name)
    return there(name)
metadata.version = version
sys.argv = ["mycrypto", *{command!r}]
from mycrypto_local.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", hiding],
        env={"PATH": "/usr/bin:/bin", "MYCRYPTO_STATE": str(tmp_path), "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY}/layers/common/python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "psutil" in done.stderr
    assert "Bring it up to date: make install" in done.stderr
    assert "Traceback" not in done.stderr
