"""The broker's jars are the ones that are pinned, or there is no broker."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from mycrypto_local.parts import jars
from mycrypto_local.parts.jars import Jar, JarsError


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock of two jars, and the folder that they are fetched from."""
    store = tmp_path / "store"
    store.mkdir()
    lines = ["# comment"]
    for name in ("one", "two"):
        (store / f"{name}-1.jar").write_text(name)
        lines.append(f"org.example:{name}:1 {hashlib.sha256(name.encode()).hexdigest()}")
    (tmp_path / "jars.lock").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(jars, "LOCK", tmp_path / "jars.lock")
    monkeypatch.setattr(jars, "CACHE", tmp_path / "cache")
    return store


def test_they_are_fetched_once(two: Path) -> None:
    asked: list[str] = []

    def fetch(jar: Jar) -> Path:
        asked.append(jar.name)
        return two / jar.name

    folder = jars.folder(fetch)
    assert sorted(path.name for path in folder.iterdir()) == sorted(asked) == ["one-1.jar", "two-1.jar"]
    assert jars.folder(fetch) == folder
    assert len(asked) == 2


def test_a_file_of_another_content_is_refused_and_nothing_is_kept(two: Path, tmp_path: Path) -> None:
    (two / "two-1.jar").write_text("something else")
    with pytest.raises(JarsError, match=r"two-1\.jar is not the file that jars\.lock pins"):
        jars.folder(lambda jar: two / jar.name)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_that_cannot_be_had_is_named(two: Path, tmp_path: Path) -> None:
    (two / "one-1.jar").unlink()
    with pytest.raises(JarsError, match=r"one-1\.jar: "):
        jars.folder(lambda jar: two / jar.name)
    assert list((tmp_path / "cache").iterdir()) == []


def test_every_line_of_the_lock_pins_a_jar_and_the_broker_is_the_poms() -> None:
    text = jars.LOCK.read_text()
    found = jars.pinned(text)
    assert len(found) == len([line for line in text.splitlines() if not line.startswith("#")]) > 40
    assert len({jar.name for jar in found}) == len(found)
    pom = (jars.FOLDER / "pom.xml").read_text()
    wanted = set(re.findall(r"<artifactId>(kafka_2\.13|slf4j-simple)</artifactId>\s*<version>([\w.]+)</version>", pom))
    assert len(wanted) == 2
    assert wanted <= {(jar.artifact, jar.version) for jar in found}


@pytest.mark.parametrize(
    ("mirrors", "url"),
    [
        ("", ""),
        ("<mirror><mirrorOf>central</mirrorOf><url>https://maven.example/repo/</url></mirror>", "https://maven.example/repo"),
        ("<mirror><mirrorOf>other, *</mirrorOf><url> https://maven.example/all </url></mirror>", "https://maven.example/all"),
        ("<mirror><mirrorOf>other</mirrorOf><url>https://maven.example/other</url></mirror>", ""),
    ],
)
def test_the_mirror_that_maven_is_told_to_use_is_used(tmp_path: Path, mirrors: str, url: str) -> None:
    settings = tmp_path / "settings.xml"
    settings.write_text(f'<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0"><mirrors>{mirrors}</mirrors></settings>')
    assert jars.mirror_in(settings) == url
    assert jars.mirror_in(tmp_path / "none.xml") == ""
