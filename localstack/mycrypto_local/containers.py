"""The platform in containers: ``mycrypto up --runtime docker``. The same CDK app, the same processes, the same seeds; Docker keeps it running."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from functions.migrations import service as migrations
from mycrypto_local import addresses, local_secrets, preflight
from mycrypto_local.dependency_layer import dependency_layer
from mycrypto_local.deployment import Deployment, DeploymentError, install_node_modules, node_modules_are_current
from mycrypto_local.emulator_kind import EmulatorKind
from mycrypto_local.parts.kafka import ensure_topics
from mycrypto_local.paths import REPOSITORY
from mycrypto_local.progress import Progress, Step
from mycrypto_local.recovery.archive import ARCHIVE_MENDED, mend_archive
from mycrypto_local.seeding import seed
from mycrypto_local.servers import NOTICES_APP, PAGE_ORIGINS, TRADE_APP, WALLET_READER, Servers
from mycrypto_local.status import PartStatus, PlatformStatus

COMPOSE: Final = REPOSITORY / "localstack" / "docker-compose.yml"
SERVERS: Final = ("postgres", "valkey", "kafka", "localstack")
PROCESSES: Final = ("engine", "publisher", "gateway", "pump")
RUNTIME_NOTE: Final = "runtime"
RUNTIME_DOCKER: Final = "docker"
PORT_NAMES: Final = {"localstack": "emulator"}
INSIDE: Final = {
    "database_host": "postgres",
    "database_port": "5432",
    "redis_url": "redis://valkey:6379/0",
    "kafka_bootstrap": "kafka:19092",
    "aws_endpoint": "http://localstack:4566",
    "front_door": "http://gateway:8080",
}
"""How functions, which run in containers of their own, reach the servers, and bank and chain behind the front door."""


class ContainerError(RuntimeError):
    """Docker failed; the message is the end of what it printed."""


class ContainerPlatform:
    """Answers to the same calls as :class:`mycrypto_local.platform.Platform`."""

    def __init__(self, state: Path, progress: Progress | None = None) -> None:
        self.state = state
        self.progress = progress or Progress()

    def up(self) -> bool:
        preflight.check(preflight.DOCKER_TOOLS)
        (self.state / "logs").mkdir(parents=True, exist_ok=True)
        with self.progress.shown():
            running = bool(self._services())
            ports = addresses.read(self.state) if running else addresses.choose(self.state)
            secrets = local_secrets.ensure(self.state)
            servers = Servers.of(self.state, ports, secrets, environment={})
            base_url = f"http://localhost:{ports['gateway']}"
            self._write_environment(ports, secrets, {})
            with self.progress.step("containers") as step:
                self._start(SERVERS, step)
            with self.progress.step("databases") as step:
                migrations.migrate(servers.admin_dsn, secrets.database_passwords)
                step.says("migrated")
                ensure_topics(servers.bootstrap)
            with self.progress.step("CDK app") as step:
                deployment = self._deploy(servers, base_url, step, running=running)
            with self.progress.step("processes") as step:
                if mend_archive(servers.bootstrap, deployment, partial(self._compose, "stop", "pump")):
                    self.progress.note(ARCHIVE_MENDED)
                self._write_environment(ports, secrets, deployment.outputs())
                self._start(PROCESSES, step)
            with self.progress.step("symbols"):
                listed = seed(base_url, servers.bootstrap)
        return bool(listed) or not running

    def down(self) -> bool:
        ran = bool(self._services())
        if ran:
            self._compose("down")
        return ran

    def reset(self) -> None:
        if (self.state / "compose.env").exists():
            self._compose("down", "--volumes")
        shutil.rmtree(self.state, ignore_errors=True)

    def status(self) -> PlatformStatus:
        ports, services = addresses.read(self.state), self._services()
        parts = [_part(service, ports) for service in services]
        base_url = f"http://localhost:{ports['gateway']}" if services else ""
        whole = {part.name for part in parts if part.healthy} >= {*SERVERS, *PROCESSES}
        return PlatformStatus(
            state="stopped" if not services else "running" if whole else "degraded",
            base_url=base_url,
            mailbox_url=f"{base_url}/local/mailbox" if services else "",
            binance_url=addresses.binance_url(ports) if services else "",
            aws_endpoint=f"http://127.0.0.1:{ports['emulator']}" if services else "",
            emulator=EmulatorKind.LOCALSTACK if services else "",
            state_folder=str(self.state),
            memory_mb=0,
            parts=parts,
        )

    def _deploy(self, servers: Servers, base_url: str, step: Step, *, running: bool) -> Deployment:
        step.says("dependencies of the functions")
        context = {
            "public_url": base_url,
            "allowed_origins": PAGE_ORIGINS,
            **INSIDE,
            "links_endpoint": servers.emulator.endpoint,
            "emulator": EmulatorKind.LOCALSTACK,
            "dependency_layer": str(dependency_layer()),
        }
        deployment = Deployment(self.state, servers.emulator.client_environment, context)
        deployment.put_secrets(servers.secrets())
        deployment.allow_mail()
        if not deployment.is_current():
            if not node_modules_are_current():
                install_node_modules()
            try:
                deployment.deploy(step.says)
            except DeploymentError:
                if not running:
                    raise
                step.says("LocalStack may hold a stack that failed, starting it afresh")
                self._compose("up", "--detach", "--wait", "--force-recreate", "localstack")
                deployment.put_secrets(servers.secrets())
                deployment.allow_mail()
                deployment.deploy(step.says)
        return deployment

    def _start(self, names: tuple[str, ...], step: Step) -> None:
        step.says(f"{', '.join(names)} (images are fetched and built at first)")
        self._compose("up", "--detach", "--build", "--wait", *names)

    def _services(self) -> list[dict[str, Any]]:
        if not (self.state / "compose.env").exists():
            return []
        lines = self._compose("ps", "--all", "--format", "json").splitlines()
        return [service for line in lines if line.startswith("{") for service in [msgspec.json.decode(line)]]

    def _words(self) -> list[str]:
        return ["docker", "compose", "--file", str(COMPOSE), "--env-file", str(self.state / "compose.env")]

    def _compose(self, *words: str) -> str:
        done = subprocess.run([*self._words(), *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ContainerError(f"docker compose {words[0]} failed:\n{(done.stdout + done.stderr)[-3_000:]}")
        return done.stdout

    def show_log(self, part: str, lines: int, *, follow: bool) -> None:
        """Print what a part wrote, as Docker kept it; with ``follow`` until interrupted. Raises :class:`ContainerError`."""
        service = next((name for name, known in PORT_NAMES.items() if known == part), part)
        if service not in {*SERVERS, *PROCESSES}:
            raise ContainerError(f"there is no part '{part}'; there are: {', '.join((*SERVERS, *PROCESSES))}")
        words = [*self._words(), "logs", "--no-log-prefix", "--tail", str(lines), *(["--follow"] if follow else []), service]
        if subprocess.run(words, cwd=REPOSITORY, check=False).returncode:
            raise ContainerError("docker compose logs failed")

    def save_logs(self, folder: Path, hours: int) -> None:
        """Write what the processes printed in the last hours into ``folder``, a file for each, as the dashboards read them. Raises :class:`ContainerError`."""
        for name in PROCESSES:
            words = [*self._words(), "logs", "--no-log-prefix", "--no-color", "--since", f"{hours}h", name]
            with (folder / f"{name}.log").open("wb") as file:
                done = subprocess.run(words, cwd=REPOSITORY, stdout=file, stderr=subprocess.PIPE, check=False)
            if done.returncode != 0:
                raise ContainerError(f"docker compose logs failed:\n{done.stderr.decode(errors='replace')[-3_000:]}")

    def _write_environment(self, ports: Mapping[str, int], secrets: local_secrets.LocalSecrets, outputs: Mapping[str, str]) -> None:
        values = {"MYCRYPTO_PROJECT": project(self.state), **environment(ports, secrets, outputs)}
        file = self.state / "compose.env"
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def runs_from(state: Path) -> bool:
    """Whether the platform of a state folder is one in containers."""
    note = state / RUNTIME_NOTE
    return note.exists() and note.read_text().strip() == RUNTIME_DOCKER


def project(state: Path) -> str:
    """The name below which Docker keeps a platform's containers, network, volumes and image: of its own for each state folder."""
    return f"mycrypto-{hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:8]}"


def environment(ports: Mapping[str, int], secrets: local_secrets.LocalSecrets, outputs: Mapping[str, str]) -> dict[str, str]:
    """The variables of the compose file."""
    return {
        "POSTGRES_PASSWORD": secrets.postgres_password,
        "REDIS_PASSWORD": secrets.redis_password,
        "TRADE_APP_PASSWORD": secrets.database_passwords[TRADE_APP],
        "WALLET_READER_PASSWORD": secrets.database_passwords[WALLET_READER],
        "NOTICES_APP_PASSWORD": secrets.database_passwords[NOTICES_APP],
        "ALLOWED_ORIGINS": PAGE_ORIGINS,
        "SNAPSHOT_BUCKET": outputs.get("SnapshotBucket", ""),
        "REST_API_PATH": outputs.get("RestApiPath", ""),
        **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
    }


def _part(service: Mapping[str, Any], ports: Mapping[str, int]) -> PartStatus:
    name = str(service["Service"])
    return PartStatus(
        name=name,
        state=str(service["State"]).upper(),
        healthy=service.get("Health") == "healthy",
        detail=str(service.get("Status", "")),
        port=ports.get(PORT_NAMES.get(name, name), 0),
    )
