"""What the machine must have, and the command that installs what it lacks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tool:
    """A program; ``version`` is asked with ``question`` and must be at least ``at_least`` (0: any)."""

    name: str
    question: tuple[str, ...]
    at_least: int
    package: str
    """Of Debian 12."""


TOOLS: Final = (
    Tool("node", ("node", "--version"), 20, "nodejs"),
    Tool("npm", ("npm", "--version"), 0, "npm"),
    Tool("java", ("java", "-version"), 17, "openjdk-17-jre-headless"),
    Tool("mvn", ("mvn", "--version"), 0, "maven"),
    Tool("gcc", ("gcc", "--version"), 0, "gcc"),
    Tool("make", ("make", "--version"), 0, "make"),
)
DOCKER_TOOLS: Final = (
    TOOLS[0],
    TOOLS[1],
    Tool("docker", ("docker", "compose", "version"), 0, "docker.io docker-compose-v2"),
)
THROWAWAY_TOOLS: Final = tuple(tool for tool in TOOLS if tool.name not in {"java", "mvn"})
"""A throw-away run has no Kafka."""
NODE_20: Final = "curl -fsSL https://deb.nodesource.com/setup_20.x | sudo -E bash - && sudo apt-get install -y nodejs"
VERSION: Final = re.compile(r"(\d+)(?:\.\d+)*")


class MissingToolsError(RuntimeError):
    """Something is not installed; the message is what to tell the user, commands included."""


def _major(text: str) -> int:
    found = VERSION.search(text)
    return int(found.group(1)) if found else 0


def _fault(tool: Tool) -> str | None:
    if shutil.which(tool.name) is None:
        return f"{tool.name} is not installed"
    if not tool.at_least:
        return None
    answer = subprocess.run(tool.question, capture_output=True, text=True, check=False)
    version = _major(answer.stdout + answer.stderr)
    if answer.returncode != 0 or version < tool.at_least:
        return f"{tool.name} is version {version}, needed is {tool.at_least} or newer"
    return None


def check(tools: tuple[Tool, ...] = TOOLS) -> None:
    """Raise :class:`MissingToolsError` that names everything that is missing, or return."""
    lines: list[str] = []
    packages: list[str] = []
    if sys.version_info < (3, 11):  # noqa: UP036 -- whoever starts us with an older one should be told, not shown a traceback
        lines.append(f"  python is version {sys.version_info[0]}.{sys.version_info[1]}, needed is 3.11 or newer")
        packages.append("python3 python3-venv")
    node_is_old = False
    for tool in tools:
        fault = _fault(tool)
        if fault is None:
            continue
        lines.append(f"  {fault}")
        if tool.name in {"node", "npm"}:
            node_is_old = True
        else:
            packages.append(tool.package)
    if not lines:
        return
    commands = [f"  {NODE_20}"] if node_is_old else []
    if packages:
        commands.append(f"  sudo apt-get install -y {' '.join(packages)}")
    raise MissingToolsError("\n".join(("This machine lacks something:", *lines, "Install it with:", *commands)))


def main() -> None:
    """``python -m mycrypto_local.preflight [native|docker|throwaway]``: also for a Python that has none of our packages yet."""
    try:
        check({"docker": DOCKER_TOOLS, "throwaway": THROWAWAY_TOOLS}.get("".join(sys.argv[1:]), TOOLS))
    except MissingToolsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
