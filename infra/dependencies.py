"""The dependency layer, built without Docker: wheels for Lambda's Python, pinned and hashed by ``requirements/layer.lock``.

``python -m infra.dependencies`` builds it; ``make lock`` writes the lock.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from infra.errors import ConfigurationError, LayerNotBuiltError

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = Path("requirements") / "layer.lock"
BUILT: Final = Path("build") / "layers" / "dependencies"
UNZIPPED_BYTES_MAX: Final = 200 * 1024 * 1024
"""Lambda allows 250 MB for a function with all its layers."""

MACHINE: Final = "aarch64"
_NEVER_IMPORTED: Final = ("**/__pycache__", "**/tests", "**/test", "bin", "**/*.pyi")


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-color", "--retries=2", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise LayerNotBuiltError(
            f"The dependency layer could not be built ({last}). It needs the package index once: run 'python -m infra.dependencies' with a "
            "network, or pass -c dependency_layer=FOLDER with one built elsewhere."
        )


def install_words(lock: Path, folder: Path, machine: str) -> list[str]:
    """What pip is told to lay the packages of a lock into a folder, for Lambda's Python on that machine."""
    platforms = [f"--platform={name}_{machine}" for name in ("manylinux2014", "manylinux_2_28")]
    target = [*platforms, "--implementation=cp", "--python-version=3.13", f"--target={folder}"]
    return ["install", "--no-deps", "--no-compile", "--no-build-isolation", "--require-hashes", *target, f"--requirement={lock}"]


def ensure(root: Path = ROOT) -> Path:
    """The folder of the layer, made when the lock file has changed since."""
    lock = root / LOCK
    version = hashlib.sha256(lock.read_bytes()).hexdigest()
    target = root / BUILT
    mark = target.with_suffix(".lock")
    if mark.is_file() and mark.read_text() == version and (target / "python").is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fresh = Path(folder) / "layer"
        _pip(*install_words(lock, fresh / "python", MACHINE))
        for pattern in _NEVER_IMPORTED:
            for path in list((fresh / "python").glob(pattern)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        size = sum(path.stat().st_size for path in fresh.rglob("*") if path.is_file())
        if size > UNZIPPED_BYTES_MAX:
            raise ConfigurationError(
                f"The dependency layer has {size // 2**20} MB, more than {UNZIPPED_BYTES_MAX // 2**20}: take something out of the group 'layer'."
            )
        mark.unlink(missing_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    mark.write_text(version)
    return target


def main() -> None:
    """Build."""
    try:
        print(ensure())
    except ConfigurationError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
