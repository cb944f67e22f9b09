"""An environment for each client, made from PyPI: clients want versions of libraries that are not ours, or take each other's names."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from mycrypto_local.paths import REPOSITORY

FOLDER: Final = REPOSITORY / "build" / "compatibility"
INSTALL_SECONDS_MAX: Final = 600
RUN_SECONDS_MAX: Final = 900

CCXT: Final = ("ccxt==4.5.90", "psutil==7.2.2")
PYTHON_BINANCE: Final = ("python-binance==1.0.37",)
CONNECTOR: Final = ("binance-connector==3.13.0",)
SDK: Final = ("binance-sdk-spot==13.3.0",)
FREQTRADE: Final = ("freqtrade==2026.9",)


def environment(name: str, packages: tuple[str, ...]) -> Path:
    """The Python of the client's environment; made once for these versions. Skips where PyPI cannot be reached."""
    mark = hashlib.sha256(" ".join((sys.version, *packages)).encode()).hexdigest()[:12]
    home = FOLDER / f"{name}-{mark}"
    python = home / "bin" / "python"
    if (home / "ready").exists():
        return python
    shutil.rmtree(home, ignore_errors=True)
    uv = Path(sys.executable).parent / "uv"
    try:
        _run([str(uv), "venv", "--quiet", "--python", sys.executable, str(home)])
        _run([str(uv), "pip", "install", "--quiet", "--python", str(python), *packages])
    except subprocess.SubprocessError as error:
        said = getattr(error, "stderr", "") or str(error)
        if "onnect" in said or "dns" in said.lower() or "timed out" in said:
            pytest.skip(f"PyPI cannot be reached, so that {name} cannot be installed")
        raise AssertionError(said) from error
    (home / "ready").touch()
    return python


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX)


def run(python: Path, *arguments: str, environment: dict[str, str], folder: Path | None = None) -> str:
    """What a program of the client's environment printed. Its failure is the test's, with all that it said."""
    done = subprocess.run(
        [str(python), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder or FOLDER), **environment},
        cwd=folder,
    )
    assert done.returncode == 0, f"{done.stdout[-6_000:]}\n{done.stderr[-6_000:]}"
    return done.stdout + done.stderr
