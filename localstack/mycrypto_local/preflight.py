"""What a start needs of the machine, and the command that installs what it lacks."""

from __future__ import annotations

from typing import Final

from mycrypto_local import toolchain
from mycrypto_local.toolchain import JAVA, NODE, NPM, Tool

DOCKER: Final = Tool("docker", ("compose", "version"), 1)
TOOLS: Final = (NODE, NPM, JAVA)
DOCKER_TOOLS: Final = (NODE, NPM, DOCKER)
THROWAWAY_TOOLS: Final = (NODE, NPM)
"""A throw-away run has no Kafka."""
FROM_PYPI: Final = "make install"
DOCKER_CURE: Final = "Docker with its compose plugin: https://docs.docker.com/engine/install/"


class MissingToolsError(RuntimeError):
    """Something is not installed; the message is what to tell the user, commands included."""


def check(tools: tuple[Tool, ...] = TOOLS) -> None:
    """Raise :class:`MissingToolsError` that names everything that is missing, or return."""
    faults = {tool: fault for tool in tools if (fault := toolchain.fault(tool, toolchain.search_path()))}
    if not faults:
        return
    cures = {DOCKER_CURE if tool is DOCKER else FROM_PYPI: None for tool in faults}
    lines = (
        "This machine lacks something:",
        *(f"  {fault}" for fault in faults.values()),
        "Install it with:",
        *(f"  {cure}" for cure in cures),
    )
    raise MissingToolsError("\n".join(lines))
