"""Bringing the parts up, each when what it needs is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from functions.migrations import service as migrations
from mycrypto_local import web_build
from mycrypto_local.deployment import OUTPUTS, Deployment, DeploymentError, install_node_modules, node_modules_are_current
from mycrypto_local.emulator import SAVE_NOW
from mycrypto_local.parts.emulator import OwnEmulator
from mycrypto_local.parts.kafka import Kafka, ensure_topics, home_of_jars
from mycrypto_local.parts.part import NotReadyError, Part
from mycrypto_local.ports import holds
from mycrypto_local.processes import Processes
from mycrypto_local.progress import Progress, Step
from mycrypto_local.recovery.archive import ARCHIVE_MENDED, mend_archive
from mycrypto_local.replicas import ONE_OF_EACH, Replicas
from mycrypto_local.servers import Servers, probe_external
from mycrypto_local.supervision import Supervisor, tail

T = TypeVar("T")

STACKS: Final = "stacks"
"""Among what was started: the CDK app was deployed."""
PUMP: Final = "pump"
NOT_KEPT: Final = (
    "LocalStack keeps nothing from one start to the next: the app is deployed again. Pictures of identity cards and the mails of before are gone;"
    " accounts, money, orders and messages on their way are in PostgreSQL and Kafka."
)
CRASHES_MAX: Final = 3
"""A part that ends so often while it is waited for does not start at all."""
PROBE_EVERY_SECONDS: Final = 0.1


class StartupError(RuntimeError):
    """A part does not come up; the message carries the end of its log and says what to do."""


def together(jobs: Iterable[Callable[[], T]]) -> list[T]:
    """Run jobs at once. All are run to their end; then the first error in their order is raised."""
    work = list(jobs)
    with ThreadPoolExecutor(max_workers=max(1, len(work))) as pool:
        futures = [pool.submit(job) for job in work]
    return [future.result() for future in futures]


def check_answered_by(pid: int, port: int) -> None:
    """Raise :class:`NotReadyError` where the port belongs to a process that is not the part's: another platform may have taken it meanwhile."""
    if not holds(pid, port):
        raise NotReadyError(
            f"port {port} is not the part's own: another program listens there, or none; choose others with mycrypto down and up"
        )


@dataclass(frozen=True)
class Startup:
    """One start of one platform whose supervisor runs. The methods answer with the names of what had to be started."""

    state: Path
    ports: Mapping[str, int]
    servers: Servers
    deployment: Deployment
    supervisor: Supervisor
    progress: Progress
    replicas: Replicas = ONE_OF_EACH

    def start_servers(self) -> list[str]:
        """All at once, the pages of the web app with them: they do not need each other, and the machine has more than one core."""
        lanes = (self._raise_database, self._raise_cache, self._raise_broker, self._raise_emulator, self._build_pages)
        return [name for names in together(lanes) for name in names]

    def raise_processes(self) -> list[str]:
        """All at once as well, since each waits by itself for what it needs; health is asked for in the order of dependence."""
        parts = self._processes()
        changed = self.supervisor.apply([*self.servers.parts(), *parts])
        started = [part.name for part in (*self.servers.parts(), *parts) if self.supervisor.start(part.name)]
        for part in (*(part for part in self.servers.parts() if part.name in changed), *parts):
            with self.progress.step(part.name) as step:
                self._wait(part, step)
        return started

    def mend_archive(self, started: Collection[str]) -> None:
        """After a deployment, and before a pump that does not run: an ``up`` that was interrupted between the two has not looked."""
        processes = self.supervisor.processes()
        if STACKS not in started and PUMP in processes and processes[PUMP].alive:
            return

        def stop_pump() -> None:
            if PUMP in processes:
                self.supervisor.stop(PUMP)

        if mend_archive(self.servers.bootstrap, self.deployment, stop_pump):
            self.progress.note(ARCHIVE_MENDED)

    def _processes(self) -> list[Part]:
        return Processes(
            state=self.state,
            ports=self.ports,
            clients=self.servers.emulator.client_environment,
            bootstrap=self.servers.bootstrap,
            redis_url=self.servers.redis_url,
            trade_database_url=self.servers.trade_database_url,
            wallet_database_url=self.servers.wallet_database_url,
            notices_database_url=self.servers.notices_database_url,
            outputs=self.deployment.outputs(),
            replicas=self.replicas,
        ).parts()

    def _raise_database(self) -> list[str]:
        with self.progress.step("PostgreSQL") as step:
            started = self._raise("postgres", step, self.servers.postgres.prepare if self.servers.postgres else None)
            if self.servers.postgres and self.servers.postgres.home != self.state / "postgres":
                self.progress.note(
                    f"PostgreSQL may not run as root and cannot enter {self.state}: its data lies in {self.servers.postgres.home}"
                )
        with self.progress.step("migrations") as step:
            report = migrations.migrate(self.servers.admin_dsn, self.servers.local_secrets.database_passwords)
            applied = sum(map(len, report.applied.values()))
            step.says(f"{applied} applied" if applied else "nothing new")
        return started

    def _build_pages(self) -> list[str]:
        """The web app. Without it the platform is whole for programs; only a browser misses something, and is told so."""
        with self.progress.step("web app") as step:
            try:
                step.says("built" if web_build.build(step.says) else "as it was built")
            except web_build.PagesError as error:
                step.says("left out")
                self.progress.note(f"The web app is left out, everything else runs: {error}. Try again with make up.")
        return []

    def _raise_cache(self) -> list[str]:
        with self.progress.step("Valkey") as step:
            return self._raise("valkey", step, self.servers.valkey.prepare if self.servers.valkey else None)

    def _raise_broker(self) -> list[str]:
        with self.progress.step("Kafka") as step:
            if isinstance(self.servers.kafka, Kafka):
                step.says("fetching its jars")
                home_of_jars()
            started = self._raise("kafka", step, self.servers.kafka.prepare if self.servers.kafka else None)
            created = ensure_topics(self.servers.bootstrap)
            step.says(f"created {', '.join(created)}" if created else "ready")
        return started

    def _raise_emulator(self) -> list[str]:
        own = self.servers.own_emulator
        has_a_past = own is not None and own.holds_data()
        deployed_before = (self.state / OUTPUTS).exists()
        with self.progress.step("AWS emulator") as step:
            if own is not None:
                own.install(step.says)
            started = self._raise("emulator", step, own.prepare if own else None)
        with self.progress.step("CDK app") as step:
            self.deployment.put_secrets(self.servers.secrets())
            self.deployment.allow_mail()
            if self.deployment.is_current():
                step.says("already deployed")
                return started
            if not node_modules_are_current():
                step.says("fetching the CDK CLI with npm")
                install_node_modules()
            if own is not None and not own.is_saved and started and deployed_before:
                self.progress.note(NOT_KEPT)
            try:
                self.deployment.deploy(step.says)
            except DeploymentError as error:
                # one that ran before may hold a stack that failed, which LocalStack can neither mend nor delete
                if own is None or not (has_a_past or not started):
                    raise  # it is not the emulator's state
                step.says("the emulator's state is unusable, starting it afresh")
                self.progress.note(f"[yellow]{str(error).splitlines()[0]}[/yellow]")
                self._restart_empty(own, step)
                self.deployment.put_secrets(self.servers.secrets())
                self.deployment.allow_mail()
                self.deployment.deploy(step.says)
            if own is not None and own.is_saved:
                self.supervisor.signal("emulator", SAVE_NOW)
            step.says("deployed")
        return [*started, STACKS]

    def _restart_empty(self, emulator: OwnEmulator, step: Step) -> None:
        self.supervisor.stop("emulator")
        emulator.remove()
        self._raise("emulator", step, emulator.prepare)

    def _raise(self, name: str, step: Step, prepare: Callable[[], None] | None) -> list[str]:
        if prepare is None:
            probe_external(name, self.servers)
            step.says("running elsewhere")
            return []
        part = next(part for part in self.servers.parts() if part.name == name)
        started = not self.supervisor.process(name).alive
        if started:
            step.says("preparing")
            prepare()
            self.supervisor.start(name)
        self._wait(part, step)
        step.says(f"on port {part.port}")
        return [name] if started else []

    def _wait(self, part: Part, step: Step) -> None:
        """Until the part serves. Gives up when it ends again and again, or when its time is over."""
        deadline = time.monotonic() + part.start_seconds_max
        crashes = self.supervisor.processes()[part.name].restarts
        while True:
            try:
                part.probe()
                check_answered_by(self.supervisor.process(part.name).pid, part.port)
            except NotReadyError as reason:
                step.says(f"waiting: {reason}")
                process = self.supervisor.processes()[part.name]
                if process.restarts - crashes >= CRASHES_MAX or process.statename == "FATAL":
                    raise StartupError(self._failed(part, "does not start")) from reason
                if time.monotonic() > deadline:
                    raise StartupError(self._failed(part, f"is not healthy after {part.start_seconds_max} s ({reason})")) from reason
                time.sleep(PROBE_EVERY_SECONDS)
            else:
                step.says(f"on port {part.port}")
                return

    def _failed(self, part: Part, how: str) -> str:
        log = self.state / "logs" / f"{part.name}.log"
        return f"{part.name} {how}. The end of {log}:\n{tail(log)}\nThe rest still runs; when it is repaired: mycrypto up"
