"""An environment for each client, made from PyPI: clients want versions of libraries that are not ours, or take each other's names."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from mycrypto_local.paths import REPOSITORY

FOLDER: Final = REPOSITORY / "build" / "compatibility"
INSTALL_SECONDS_MAX: Final = 1_800
RUN_SECONDS_MAX: Final = 300

CCXT: Final = ("ccxt==4.5.90", "psutil==7.2.2")
PYTHON_BINANCE: Final = ("python-binance==1.0.37",)
CONNECTOR: Final = ("binance-connector==3.13.0",)
SDK: Final = ("binance-sdk-spot==13.3.0",)
FREQTRADE: Final = ("freqtrade==2026.9",)
PYTHON_BINANCE_TESTS: Final = (
    *PYTHON_BINANCE,
    "pytest==8.4.2",
    "pytest-asyncio==0.26.0",
    "pytest-timeout==2.4.0",
    "requests-mock==1.12.1",
    "aiohttp==3.12.15",
)
CRYPTOFEED: Final = ("cryptofeed==3.0.1",)
NAUTILUS: Final = ("nautilus_trader==1.231.0",)
HUMMINGBOT: Final = ("hummingbot==20260922",)
BUILT: Final = {"hummingbot": ("--no-binary", "hummingbot")}
"""How uv is told to build a client: Hummingbot's wheel for Linux wants glibc 2.39 and the libstdc++ of GCC 13."""
QUICKLY: Final = {"WITHOUT_CYTHON_OPTIMIZATIONS": "1"}
"""What its build knows for a test's sake."""


def environment(name: str, packages: tuple[str, ...], version: str = "") -> Path:
    """The Python of the client's environment; made once for these versions. Skips where PyPI cannot be reached, or where a client wants a Python
    that this machine has not.
    """
    base = python_of(version) if version else sys.executable
    mark = hashlib.sha256(" ".join((base, sys.version, *packages)).encode()).hexdigest()[:12]
    home = FOLDER / f"{name}-{mark}"
    python = home / "bin" / "python"
    if (home / "ready").exists():
        return python
    shutil.rmtree(home, ignore_errors=True)
    uv = Path(sys.executable).parent / "uv"
    try:
        _run([str(uv), "venv", "--quiet", "--python", base, str(home)])
        _run([str(uv), "pip", "install", "--quiet", "--python", str(python), *BUILT.get(name, ()), *packages])
    except subprocess.SubprocessError as error:
        said = getattr(error, "stderr", "") or str(error)
        if "onnect" in said or "dns" in said.lower() or "timed out" in said:
            pytest.skip(f"PyPI cannot be reached, so that {name} cannot be installed")
        raise AssertionError(said) from error
    (home / "ready").touch()
    return python


def python_of(version: str) -> str:
    """A Python of this version, as ``3.13``: one on the path, or one of pyenv's."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for candidate in (shutil.which(f"python{version}"), *root.glob(f"versions/{version}.*/bin/python")):
        if candidate and subprocess.run([candidate, "--version"], check=False, capture_output=True).returncode == 0:
            return str(candidate)
    pytest.skip(f"there is no Python {version} on this machine")


def source_of(package: str, into: Path) -> Path:
    """The unpacked source of a package, which has the tests that its wheel leaves out."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(into), package]
    try:
        _run(command)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"PyPI cannot be reached, so that the source of {package} is not here: {error.stderr[-500:]}")
    (archive,) = into.glob("*.tar.gz")
    shutil.unpack_archive(archive, into, filter="data")
    (folder,) = (path for path in into.iterdir() if path.is_dir())
    return folder


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, env=os.environ | QUICKLY)


def run(python: Path, *arguments: str, environment: dict[str, str], folder: Path | None = None, seconds_max: int = RUN_SECONDS_MAX) -> str:
    """What a program of the client's environment printed. Its failure is the test's, with all that it said."""
    done = subprocess.run(
        [str(python), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds_max,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder or FOLDER), **environment},
        cwd=folder,
    )
    assert done.returncode == 0, f"{done.stdout[-6_000:]}\n{done.stderr[-6_000:]}"
    return done.stdout + done.stderr
