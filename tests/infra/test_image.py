"""The image of the trading processes is built with podman, both targets, and looked into. It takes minutes, and some hundred megabytes from registries."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "newcomer" / "image.sh"
TOOLS = ("podman", "debootstrap")

pytestmark = pytest.mark.slow


@pytest.fixture
def folder() -> Iterator[Path]:
    """Some gigabytes on the disk, gone with the test."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as made:
        yield Path(made)


def test_both_targets_of_the_image_are_built_and_their_processes_start(folder: Path) -> None:
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("making a base image needs root")
    done = subprocess.run([SCRIPT, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-4_000:]
    assert "both targets are built" in done.stdout
