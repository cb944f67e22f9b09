"""What each deployable imports, by its sources, and what its dependency group brings, by the metadata of the installed packages."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Final

import grimp
import msgspec
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parents[3]
DISCOVERED: Final = ".routes"
"""Packages of handlers: a service imports every file that is in it."""
OWN: Final = ("mycrypto", "functions", "engine_container", "infra", "mycrypto_local")
TARGET: Final = {"python_version": "3.13", "python_full_version": "3.13.9", "sys_platform": "linux", "platform_machine": "aarch64"}
"""Lambda's Python and that of the image."""


SHARED_ROOTS: Final = {"aws_cdk": {"aws-cdk.asset-awscli-v1", "aws-cdk.asset-node-proxy-agent-v6", "aws-cdk.cloud-assembly-schema"}}
"""Packages that put more into the root of another one, which depends on them."""


class Deployable(msgspec.Struct, frozen=True):
    """Something that is installed by itself. ``group`` of pyproject.toml is what it installs, ``lock`` the file that pins it.

    ``entries`` are the modules that are started in it; everything that they import, also late, must be there. ``given`` is there without
    being installed. ``unseen`` are packages that no source of ours imports, each with the reason why it has to be there all the same.
    """

    name: str
    group: str
    lock: str
    entries: tuple[str, ...]
    given: frozenset[str] = frozenset()
    unseen: dict[str, str] = {}

    def imported(self) -> set[str]:
        """The packages that its modules import."""
        return {package for module in reached(self.entries) for package in _external(module)}


def modules(pattern: str) -> tuple[str, ...]:
    """The names of our modules that match, for ``entries``."""
    found = tuple(sorted(name for name in _graph().modules if re.fullmatch(pattern, name) and name.split(".")[0] in OWN))
    assert found, pattern
    return found


def reached(entries: Iterable[str]) -> set[str]:
    """The modules of ours that are imported when these are, and when everything in them has been called once."""
    graph = _graph()
    seen: set[str] = set()
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting.extend(found for found in graph.find_modules_directly_imported_by(name) if found.split(".")[0] in OWN)
        if name.endswith(DISCOVERED):
            waiting.extend(graph.find_children(name))
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return seen


def group(name: str) -> list[Requirement]:
    """The requirements of a dependency group, with those of the groups it includes."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    found: list[Requirement] = []
    for line in groups[name]:
        found += group(line["include-group"]) if isinstance(line, dict) else [Requirement(line)]
    return found


def closure(requirements: Iterable[Requirement], environment: dict[str, str]) -> set[str]:
    """The packages that these requirements bring in that environment, transitive ones included."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(requirement.name, frozenset(requirement.extras)) for requirement in requirements]
    while waiting:
        name, extras = waiting.pop()
        if (canonicalize_name(name), extras) in seen:
            continue
        seen.add((canonicalize_name(name), extras))
        for line in requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({**environment, "extra": extra}) for extra in {"", *extras}):
                waiting.append((needed.name, frozenset(needed.extras)))
    return {name for name, _ in seen}


def locked(file: str, environment: dict[str, str]) -> dict[str, str]:
    """Version by package of a lock file, of the lines that hold in that environment."""
    text = (ROOT / file).read_text().replace("\\\n", " ")
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line.partition("--hash")[0].strip())
            if requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""}):
                found[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return found


def here() -> dict[str, str]:
    """The environment of the tests."""
    return {key: str(value) for key, value in default_environment().items()}


def target() -> dict[str, str]:
    """The environment of what is shipped."""
    return here() | TARGET


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(*OWN, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None)


def _external(module: str) -> set[str]:
    roots = {name.split(".")[0] for name in _graph().find_modules_directly_imported_by(module)}
    names = roots - set(OWN) - sys.stdlib_module_names - {"tests"}
    return {canonicalize_name(_distribution(name)) for name in names}


@cache
def _distribution(root: str) -> str:
    found = set(_distributions().get(root, ())) - SHARED_ROOTS.get(root, set())
    assert len(found) == 1, f"the import {root} belongs to {found or 'no installed package'}"
    return found.pop()


@cache
def _distributions() -> dict[str, list[str]]:
    return {root: list(names) for root, names in packages_distributions().items()}
