"""The jars of the broker, each at the SHA-256 that ``localstack/broker/jars.lock`` has for it, from Maven's repository but without Maven.

``python -m mycrypto_local.parts.jars`` writes the lock from ``pom.xml``; that needs Maven, which knows how to resolve one.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mycrypto_local.paths import CACHE, REPOSITORY

FOLDER: Final = REPOSITORY / "localstack" / "broker"
LOCK: Final = FOLDER / "jars.lock"
SETTINGS: Final = Path("~/.m2/settings.xml").expanduser()
SECONDS_MAX: Final = 60
"""For the next piece of a jar to arrive."""
AT_ONCE: Final = 8
LINE: Final = re.compile(r"([\w.-]+):([\w.-]+):([\w.-]+) ([0-9a-f]{64})")
MIRRORED: Final = {"*", "central", "external:*"}


class JarsError(RuntimeError):
    """A jar cannot be had, or is not the one that is pinned; the message says which."""


@dataclass(frozen=True, slots=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


Fetch = Callable[[Jar], Path]


def pinned(text: str) -> list[Jar]:
    """The jars that a lock names."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [Jar(*found.groups()) for line in lines if (found := LINE.fullmatch(line))]


def folder(fetch: Fetch | None = None) -> Path:
    """The folder of the jars; fetched once, kept in the cache. Raises :class:`JarsError`."""
    text = LOCK.read_text(encoding="utf-8")
    target = CACHE / f"kafka-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    if target.exists():
        return target
    fresh = target.with_suffix(f".{uuid.uuid4().hex[:8]}")
    fresh.mkdir(parents=True)
    fetch = fetch or _fetcher()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(lambda jar: _put(jar, fetch, fresh), pinned(text)):
                pass
        fresh.rename(target)
    except JarsError:
        raise
    except OSError as error:
        if not target.exists():  # else another run was faster; its jars are the same
            raise JarsError(str(error)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _put(jar: Jar, fetch: Fetch, target: Path) -> None:
    try:
        found = fetch(jar)
        content = found.read_bytes()
    except (OSError, RuntimeError) as error:
        raise JarsError(f"{jar.name}: {error}") from error
    if hashlib.sha256(content).hexdigest() != jar.sha256:
        raise JarsError(f"{found} is not the file that {LOCK.name} pins; delete it if it was cut short")
    (target / jar.name).write_bytes(content)


def _fetcher() -> Fetch:
    """From the folder that Maven keeps its downloads in, else from its repository, or the mirror that Maven is told to use."""
    from jgo.maven import MavenContext

    mirror = mirror_in(SETTINGS)
    context = MavenContext(remote_repos={"mirror": mirror} if mirror else None, timeout=SECONDS_MAX)
    return lambda jar: Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())


def mirror_in(settings: Path) -> str:
    """The URL of the mirror of Maven Central in a settings file, empty if there is none."""
    try:
        root = ET.parse(settings).getroot()  # noqa: S314 -- the user's own file, which Maven trusts as well
    except (OSError, ET.ParseError):
        return ""
    for mirror in root.iter():
        if mirror.tag.rpartition("}")[2] != "mirror":
            continue
        values = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in mirror}
        if MIRRORED & {part.strip() for part in values.get("mirrorOf", "").split(",")}:
            return values.get("url", "").rstrip("/")
    return ""


def main() -> None:
    """Write the lock."""
    with tempfile.TemporaryDirectory() as place:
        words = ["mvn", "--batch-mode", "--quiet", "--file", str(FOLDER / "pom.xml"), "dependency:copy-dependencies"]
        subprocess.run([*words, f"-DoutputDirectory={place}", "-Dmdep.useRepositoryLayout=true"], check=True)
        lines = []
        for path in sorted(Path(place).rglob("*.jar")):
            *group, artifact, version = path.relative_to(place).parent.parts
            lines.append(f"{'.'.join(group)}:{artifact}:{version} {hashlib.sha256(path.read_bytes()).hexdigest()}\n")
    head = "".join(line for line in LOCK.read_text(encoding="utf-8").splitlines(keepends=True) if line.startswith("#"))
    LOCK.write_text(head + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
