"""The dependency layer, built without Docker: wheels for Lambda's arm64 Python, pinned and hashed by ``layers/dependencies/requirements.txt``.

``python -m infra.dependencies`` builds it; ``python -m infra.dependencies lock`` writes the pins and hashes anew from ``requirements.in``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from infra.errors import ConfigurationError, LayerNotBuiltError

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = Path("layers") / "dependencies"
BUILT: Final = Path("build") / "layers" / "dependencies"
UNZIPPED_BYTES_MAX: Final = 200 * 1024 * 1024
"""Lambda allows 250 MB for a function with all its layers."""

_TARGET: Final = (
    "--platform=manylinux2014_aarch64",
    "--platform=manylinux_2_28_aarch64",
    "--implementation=cp",
    "--python-version=3.13",
)
SOURCE_ONLY: Final = ("embit",)
"""Pure Python that is published without wheels; it has no dependencies."""

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


def ensure(root: Path = ROOT) -> Path:
    """The folder of the layer, made when the lock file has changed since."""
    lock = root / SOURCE / "requirements.txt"
    version = hashlib.sha256(lock.read_bytes()).hexdigest()
    target = root / BUILT
    mark = target.with_suffix(".lock")
    if mark.is_file() and mark.read_text() == version and (target / "python").is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fresh = Path(folder) / "layer"
        _pip("install", "--no-deps", "--require-hashes", "--no-compile", f"--target={fresh / 'python'}", *_TARGET, f"--requirement={lock}")
        for pattern in _NEVER_IMPORTED:
            for path in list((fresh / "python").glob(pattern)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        size = sum(path.stat().st_size for path in fresh.rglob("*") if path.is_file())
        if size > UNZIPPED_BYTES_MAX:
            raise ConfigurationError(
                f"The dependency layer has {size // 2**20} MB, more than {UNZIPPED_BYTES_MAX // 2**20}: take something out of {SOURCE}."
            )
        mark.unlink(missing_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    mark.write_text(version)
    return target


def _resolve(arguments: list[str]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        _pip("install", "--dry-run", "--ignore-installed", f"--target={folder}/none", f"--report={report}", *arguments)
        packages: list[dict[str, Any]] = json.loads(report.read_text())["install"]
    return packages


def lock(root: Path = ROOT) -> None:
    """Resolve ``requirements.in`` for Lambda and write every package with its version and hash, and no address."""
    wanted = [line for line in (root / SOURCE / "requirements.in").read_text().splitlines() if line and not line.startswith("#")]
    from_source = [line for line in wanted if line.split("==", 1)[0] in SOURCE_ONLY]
    found = _resolve(["--only-binary=:all:", *_TARGET, *(line for line in wanted if line not in from_source)])
    found += _resolve(["--no-deps", *from_source])
    lines = sorted(
        f"{item['metadata']['name'].lower()}=={item['metadata']['version']} --hash=sha256:{item['download_info']['archive_info']['hashes']['sha256']}"
        for item in found
    )
    header = "# Written by 'python -m infra.dependencies lock'. Wheels for CPython 3.13 on arm64 Linux.\n"
    (root / SOURCE / "requirements.txt").write_text(header + "\n".join(lines) + "\n")


def main() -> None:
    """Build, or lock."""
    try:
        if sys.argv[1:] == ["lock"]:
            lock()
        else:
            print(ensure())
    except ConfigurationError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
