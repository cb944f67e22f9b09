"""Whether the packages of this environment are the ones that the checkout pins: after a pull they may be others."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from mycrypto_local.paths import REPOSITORY

GROUPS: Final = ("runner", "infra")
"""What a running platform needs; tools of developers may differ."""
PINNED: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)")


class StaleInstallationError(RuntimeError):
    """The environment is of another version of the checkout; the message names the packages and the cure."""


def pinned() -> dict[str, str]:
    """Version by package, as pyproject.toml has them."""
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return {found[1]: found[2] for name in GROUPS for line in _lines(groups, name) if (found := PINNED.fullmatch(line))}


def _lines(groups: Mapping[str, list[str | dict[str, str]]], name: str) -> Iterator[str]:
    for line in groups[name]:
        if isinstance(line, dict):
            yield from _lines(groups, line["include-group"])
        else:
            yield line


def differences(wanted: dict[str, str], installed: Callable[[str], str] = version) -> list[str]:
    """One line for each package that is absent or of another version."""
    found = []
    for name, number in wanted.items():
        try:
            there = installed(name)
        except PackageNotFoundError:
            found.append(f"  {name} {number} is not installed")
        else:
            if there != number:
                found.append(f"  {name} is {there}, pinned is {number}")
    return found


def check() -> None:
    """Raise :class:`StaleInstallationError` that names every difference, or return."""
    if lines := differences(pinned()):
        raise StaleInstallationError(
            "\n".join(("The installation is not that of this checkout:", *lines, "Bring it up to date: make install"))
        )
