"""Whether the packages of this environment are the ones that the checkout pins: after a pull they may be others."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from mycrypto_local.paths import REPOSITORY

EXTRAS: Final = ("local", "infra")
"""What a running platform needs; tools of developers may differ."""
PINNED: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)")


class StaleInstallationError(RuntimeError):
    """The environment is of another version of the checkout; the message names the packages and the cure."""


def pinned() -> dict[str, str]:
    """Version by package, as pyproject.toml has them."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    return {found[1]: found[2] for line in lines if (found := PINNED.fullmatch(line))}


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
