"""The pages of ``web/``, built with npm into ``web/dist``; only when a source has changed, told by the hash of all of them.

``python -m mycrypto_local.web_build`` builds them by hand. Without npm, or without a registry to fetch from, the platform runs without the pages.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mycrypto_local import toolchain
from mycrypto_local.paths import CACHE, REPOSITORY

WEB: Final = REPOSITORY / "web"
DIST: Final = WEB / "dist"
MARK: Final = DIST / ".built"
"""Holds the hash of the sources that it was built from; written last."""
SOURCES: Final = (
    "src",
    "public",
    "index.html",
    "ops.html",
    "register.html",
    "vite.config.ts",
    "tools",
    "tsconfig.json",
    "package.json",
    "package-lock.json",
)
SECONDS_MAX: Final = 300


class PagesError(RuntimeError):
    """The pages cannot be built; the message is one sentence."""


def digest() -> str:
    """Of all sources of the pages."""
    seen = hashlib.sha256()
    for name in SOURCES:
        top = WEB / name
        for path in [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file()):
            seen.update(str(path.relative_to(WEB)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()


def is_current() -> bool:
    """Whether the pages in ``web/dist`` are those of the present sources."""
    return MARK.exists() and MARK.read_text() == digest()


def build(tell: Callable[[str], None] = lambda _: None) -> bool:
    """Build the pages if they are not current; whether there was something to do. Raises :class:`PagesError`."""
    if is_current():
        return False
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "web-build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another platform of this checkout may be starting
        if is_current():
            return False
        if not _modules_are_current():
            tell("fetching with npm")
            _npm("ci", "--omit=dev", "--no-progress")
        tell("building")
        _build(digest())
    return True


def _build(sources: str) -> None:
    """Build into a separate folder first: until it is complete, readers get the previous pages."""
    fresh = WEB / "build" / "dist"
    shutil.rmtree(fresh, ignore_errors=True)
    _npm("run", "--silent", "build", "--", "--outDir", str(fresh), "--emptyOutDir", "--logLevel", "warn")
    (fresh / MARK.name).write_text(sources)
    shutil.rmtree(DIST, ignore_errors=True)
    fresh.rename(DIST)


def _modules_are_current() -> bool:
    installed = WEB / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= (WEB / "package-lock.json").stat().st_mtime


def _npm(*words: str) -> None:
    environment = {**os.environ, "PATH": toolchain.search_path()}
    try:
        done = subprocess.run(["npm", *words], cwd=WEB, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PagesError(f"npm {words[0]} failed: {error}") from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise PagesError(f"npm {words[0]} failed: {lines[0][:300]}")


def main() -> None:
    try:
        print("built" if build(print) else "nothing to do", f"({Path('web/dist')})")
    except PagesError as error:
        sys.exit(f"The web app is not built: {error}")


if __name__ == "__main__":
    main()
