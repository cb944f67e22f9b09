"""Whether the core runs compiled: the files that mypyc made of the very sources that are here, and never of others.

``python -m engine_container.build_core`` puts the compiled modules under ``build/`` with the hash of their sources. They are used only when
that hash is the hash of the sources as they are now. ``MYCRYPTO_CORE=interpreted`` forces plain Python; ``MYCRYPTO_CORE=compiled`` makes
their absence an error.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import sysconfig
from pathlib import Path
from typing import Final

PACKAGE_ROOT: Final = Path(__file__).resolve().parents[1]
SOURCE_FOLDER: Final = PACKAGE_ROOT / "engine_container" / "core"
GROUP: Final = "mycrypto_core"
HASH_FILE: Final = "sources.sha256"
CHOICE_VARIABLE: Final = "MYCRYPTO_CORE"


class CompiledCoreMissingError(ImportError):
    """The compiled core was demanded and there is none for these sources."""


def source_files() -> list[Path]:
    """The modules that are compiled, those of the core's packages too, in a fixed order."""
    return sorted(path for path in SOURCE_FOLDER.rglob("*.py") if path.name != "__init__.py")


def source_hash() -> str:
    """SHA-256 over names and contents of the core's sources."""
    digest = hashlib.sha256()
    for path in source_files():
        digest.update(path.relative_to(SOURCE_FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def build_folder() -> Path:
    """Where the compiled modules for this interpreter are."""
    return PACKAGE_ROOT / "build" / "core" / str(sysconfig.get_config_var("SOABI"))


def is_fresh(folder: Path) -> bool:
    """Whether the folder holds what was built from the sources as they are now."""
    try:
        return (folder / HASH_FILE).read_text(encoding="ascii").strip() == source_hash()
    except OSError:
        return False


def core_path(source_path: list[str], package: str = "") -> list[str]:
    """The search path of the core, or of a package in it: compiled modules first, where they may be used."""
    choice = os.environ.get(CHOICE_VARIABLE, "")
    if choice not in {"", "compiled", "interpreted"}:
        raise ImportError(f"{CHOICE_VARIABLE} must be compiled or interpreted, not {choice!r}")
    if choice == "interpreted":
        return source_path
    folder = build_folder()
    if _is_usable(folder):
        return [str(folder / "engine_container" / "core" / package), *source_path]
    if choice == "compiled":
        raise CompiledCoreMissingError("the compiled core is missing or older than its sources: run python -m engine_container.build_core")
    return source_path


@functools.cache
def _is_usable(folder: Path) -> bool:
    """Asked once per process: the core's packages must not be of two kinds."""
    if not is_fresh(folder):
        return False
    sys.path.append(str(folder / "lib"))
    return True
