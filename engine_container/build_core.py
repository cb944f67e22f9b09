"""Compile the core with mypyc: ``python -m engine_container.build_core``. Does nothing when the compiled core is fresh."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

from engine_container.compiled import GROUP, HASH_FILE, PACKAGE_ROOT, build_folder, is_fresh, source_files, source_hash

INLINING: Final = (
    ["-fvisibility=hidden"]
    if sys.platform == "darwin"
    else ["-fno-semantic-interposition", "-fvisibility=hidden", "-finline-functions", "--param=max-inline-insns-auto=60"]
)
"""Calls between the core's functions may be made directly and in line: no other function ever takes the place of one of them. Rules are small
functions, so the compiler is told to put more of them in line than -O2 does by itself. With -O2 rather than -O3 the code of an order takes a third of
the instruction cache's misses (measured with callgrind)."""


class NoCompilerError(RuntimeError):
    """What a compiled core needs is not on this machine; ``str()`` says how to get it."""


def check_tools() -> None:
    """Raise :class:`NoCompilerError` unless mypyc, a C compiler and Python's headers are there."""
    compiler = (os.environ.get("CC") or str(sysconfig.get_config_var("CC") or "cc")).split()[0]
    missing: dict[str, str] = {}
    if shutil.which(compiler) is None and shutil.which("cc") is None:
        missing[f"no C compiler ({compiler})"] = "gcc libc6-dev"
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if not headers.is_file():
        missing[f"no Python headers ({headers})"] = "python3-dev"
    if missing:
        raise NoCompilerError(f"{', '.join(missing)}; install what is missing with: sudo apt-get install -y {' '.join(missing.values())}")
    try:
        import mypyc.build  # noqa: F401  -- only whether it is there
        import setuptools  # type: ignore[import-untyped]  # noqa: F401  -- only whether it is there
    except ImportError as error:
        raise NoCompilerError(f"{error.name} is not installed: make install") from error


def build() -> Path:
    """Compile into a fresh folder and put it into place; returns the folder."""
    check_tools()
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext  # type: ignore[import-untyped]

    digest = source_hash()
    target = build_folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as making:
        stage = Path(making) / "out"
        before = Path.cwd()
        os.chdir(PACKAGE_ROOT)
        try:
            extensions = mypycify(
                ["--config-file", str(PACKAGE_ROOT / "pyproject.toml"), *(str(path.relative_to(PACKAGE_ROOT)) for path in source_files())],
                opt_level="2",
                debug_level="0",
                target_dir=str(Path(making) / "c"),
                group_name=GROUP,
            )
            for extension in extensions:
                extension.extra_compile_args += INLINING
            command = build_ext(Distribution({"name": GROUP, "ext_modules": extensions}))
            command.build_lib = str(stage)
            command.build_temp = str(Path(making) / "temp")
            command.parallel = os.cpu_count()
            command.ensure_finalized()
            command.run()
        finally:
            os.chdir(before)
        library = stage / "lib"
        library.mkdir()
        for path in stage.glob(f"{GROUP}__mypyc*"):
            path.rename(library / path.name)
        (stage / HASH_FILE).write_text(digest + "\n", encoding="ascii")
        if target.exists():
            target.rename(Path(making) / "old")
        stage.rename(target)
    return target


def main() -> int:
    """Build if needed; status 0, or 1 with a message that says what is missing."""
    folder = build_folder()
    if is_fresh(folder):
        print(f"compiled core is up to date: {folder.relative_to(PACKAGE_ROOT)}")
        return 0
    try:
        build()
    except NoCompilerError as error:
        print(f"the core stays interpreted: {error}", file=sys.stderr)
        return 1
    print(f"compiled core built: {folder.relative_to(PACKAGE_ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
