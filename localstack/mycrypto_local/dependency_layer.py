"""The functions' dependencies in a folder, for an emulator that runs functions in containers of their own."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra import dependencies
from mycrypto_local.paths import CACHE, REPOSITORY

LAMBDA_MACHINES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


class DependencyError(RuntimeError):
    """The dependencies cannot be fetched; the message is pip's last word."""


def dependency_layer() -> Path:
    """The functions' dependencies for the machine that we are on: LocalStack runs functions in containers of this architecture. Raises :class:`DependencyError`."""
    machine = LAMBDA_MACHINES[platform.machine().lower()]
    folder = CACHE / f"layer-{machine}-{hashlib.sha256((REPOSITORY / dependencies.LOCK).read_bytes()).hexdigest()[:12]}"
    if folder.exists():
        return folder
    fresh = folder.with_suffix(f".{os.getpid()}")
    words = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    words += dependencies.install_words(REPOSITORY / dependencies.LOCK, fresh / "python", machine)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise DependencyError(f"the functions' dependencies could not be fetched:\n{done.stderr[-2_000:]}")
    fresh.rename(folder)
    return folder
