"""What survives the disaster: dumps of both databases, the archive of the command log, the secrets. A folder stands for what AWS keeps elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from mycrypto import archive
from mycrypto_local.deployment import Deployment
from mycrypto_local.parts.postgres import Postgres

DATABASES: Final = ("exchange_dev", "mytrader_trade_engine")
ARCHIVE_OUTPUT: Final = "ArchiveBucket"


class BackupError(RuntimeError):
    """A dump or its restore failed; the message is what PostgreSQL's tool printed."""


def archive_in_s3(deployment: Deployment, shard: int) -> archive.BucketStore:
    """The archive of a running platform."""
    return archive.BucketStore(deployment.outputs()[ARCHIVE_OUTPUT], shard, client=deployment.client("s3"))


@dataclass(frozen=True, slots=True)
class Backup:
    """``folder/NAME.dump`` for each database, ``folder/log/`` for the archive, ``folder/secrets.json``."""

    folder: Path

    @property
    def log(self) -> archive.FolderStore:
        """The archived command log of the one shard of a local platform."""
        return archive.FolderStore(self.folder / "log")

    def _dump(self, name: str) -> Path:
        return self.folder / f"{name}.dump"

    def take_secrets(self, state: Path) -> None:
        """Secrets Manager outlives what it serves."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(state / "secrets.json", self.folder)

    def give_secrets(self, state: Path) -> None:
        state.mkdir(mode=0o755, parents=True)
        shutil.copy2(self.folder / "secrets.json", state)

    def take_databases(self, server: Postgres) -> int:
        """Dump both, each as of one moment, while they are in use; the bytes."""
        for name in DATABASES:
            _run(server, "pg_dump", ["--format=custom", "--dbname", name, "--file", str(self._dump(name))])
        return sum(self._dump(name).stat().st_size for name in DATABASES)

    def give_databases(self, server: Postgres) -> None:
        """Replace both databases by what was dumped. The roles that own them exist."""
        for name in DATABASES:
            _run(server, "dropdb", ["--force", "--if-exists", name])
            _run(server, "pg_restore", ["--create", "--exit-on-error", "--dbname", "postgres", str(self._dump(name))])

    def take_log(self, deployment: Deployment, shard: int) -> int:
        """Copy what is archived in S3; the offset after its last record."""
        _copy(archive_in_s3(deployment, shard), self.log)
        return archive.end(self.log)

    def give_log(self, deployment: Deployment, shard: int) -> None:
        """The archive bucket has survived: put its objects where the new platform finds them."""
        _copy(self.log, archive_in_s3(deployment, shard))


def _copy(source: archive.ArchiveStore, target: archive.ArchiveStore) -> None:
    for stretch in source.stretches():
        target.write(stretch, source.read(stretch))


def _run(server: Postgres, tool: str, words: Sequence[str]) -> None:
    address = urlsplit(server.dsn)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PGHOST": address.hostname or "",
        "PGPORT": str(address.port),
        "PGUSER": unquote(address.username or ""),
        "PGPASSWORD": unquote(address.password or ""),
    }
    done = subprocess.run([server.tool(tool), *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(f"{tool} failed:\n{done.stdout}{done.stderr}")
