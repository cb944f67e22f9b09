"""What is said of a history that failed, so that it can be run again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.simulation import history
from tests.simulation.history import Outcome


def commit() -> str:
    """The commit of the working tree, as 40 hex digits; "" where there is no repository."""
    git = shutil.which("git")
    if git is None:
        return ""
    found = subprocess.run([git, "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return found.stdout.strip()


def describe(found: Outcome) -> str:
    """The history as it was, and with as few faults as it still fails with."""
    shrunk = history.shrink(found)
    again = f"make fault SEED={found.seed} HISTORIES=1"
    return "\n".join([f"commit {commit() or 'unknown'}: {again}", str(found), "with fewer faults:", str(shrunk), ""])
