"""A whole platform in one state folder: up, down, reset, status."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Self

from mycrypto_local import addresses, emulators, installation, leftovers, local_secrets, preflight
from mycrypto_local.dependency_layer import dependency_layer
from mycrypto_local.deployment import Deployment
from mycrypto_local.emulator_kind import EmulatorKind
from mycrypto_local.parts.part import NotReadyError
from mycrypto_local.processes import PROCESS_KINDS, port_of, probe_process, role_of_engine
from mycrypto_local.progress import Progress
from mycrypto_local.replicas import ONE_OF_EACH, Replicas, kind
from mycrypto_local.seeding import seed
from mycrypto_local.servers import THROWAWAY_MARK, Servers, is_throwaway, probe_external
from mycrypto_local.startup import Startup, check_answered_by, together
from mycrypto_local.status import PartStatus, PlatformStatus, core_hint, memory_mb
from mycrypto_local.supervision import ProcessState, Supervisor

SHUTDOWN_SECONDS_MAX: Final = 90
STATE_FILES: Final = (THROWAWAY_MARK, emulators.NOTE, "ports.json", "secrets.json", "run", "runtime")
STOP_ORDER: Final = (("front-door", "gateway", "pump"), ("publisher", "engine"), ("emulator", "kafka", "valkey", "postgres"))
ASKED_TO_END: Final = frozenset({"postgres"})
"""Even where nothing is kept: what was killed would leave its shared memory behind."""
RESTARTS_TOO_OFTEN: Final = 3
"""In a minute: a part that ends again and again may answer just when it is asked."""
DOORS: Final = frozenset({"gateway", "front-door"})
"""One of them must run for the platform to be one."""


class PlatformError(RuntimeError):
    """The platform cannot do what was asked; the message says why and what to do."""


class Platform:
    """One platform. ``tied``: it ends with this process, however that ends; for tests.
    ``throwaway``: ``up`` starts one that needs no Kafka and loses everything when it stops. ``replicas``: how many of each ``up`` starts.
    ``emulator``: what plays AWS, a kind or the address of one that runs; without one it is what the folder has.
    """

    def __init__(
        self,
        state: Path,
        *,
        usual_ports: Mapping[str, int] = addresses.DEFAULTS,
        progress: Progress | None = None,
        tied: bool = False,
        throwaway: bool = False,
        replicas: Replicas = ONE_OF_EACH,
        emulator: str = "",
    ) -> None:
        self.state = state
        self.progress = progress or Progress()
        self.supervisor = Supervisor(state)
        self._usual_ports = usual_ports
        self._tied = tied
        self._throwaway = throwaway
        self._replicas = replicas
        self._emulator = emulator

    @classmethod
    def own(
        cls, state: Path, *, usual_ports: Mapping[str, int] | None = None, replicas: Replicas = ONE_OF_EACH, emulator: str = ""
    ) -> Self:
        """One that belongs to this process, for drills, tests and measurements: on ports of its own, without a word, and ended with it."""
        ports = usual_ports or addresses.own((*addresses.DEFAULTS, *replicas.usual_ports()))
        return cls(state, usual_ports=ports, progress=Progress(quiet=True), tied=True, replicas=replicas, emulator=emulator)

    # --- up

    def up(self, *, before_processes: Callable[[Servers, Deployment], None] | None = None) -> bool:
        """Start what does not run, bring what runs up to date, wait until all of it is healthy. Whether there was anything to do.

        ``before_processes`` is called when the servers are up and nothing of ours runs on them yet: the moment for a restore.
        """
        preflight.check(preflight.THROWAWAY_TOOLS if self._throwaway else preflight.TOOLS)
        installation.check()
        self._settle_kind()
        with self._alone(), self.progress.shown():
            running = self.supervisor.is_running()
            if not running and (names := leftovers.sweep(self.state)):
                self.progress.note(f"A former run was killed; ended what it left: {', '.join(names)}")
            usual = {**self._replicas.usual_ports(), **self._usual_ports}
            ports = addresses.choose(self.state, usual, running=running)
            self._tell_moved(ports, usual)
            servers = Servers.of(self.state, ports, local_secrets.ensure(self.state))
            if not running:
                self.supervisor.launch(servers.parts(), tied=self._tied)
            base_url = self._base_url(ports)
            deployment = Deployment(self.state, servers.emulator.client_environment, self._context(servers, base_url))
            startup = Startup(self.state, ports, servers, deployment, self.supervisor, self.progress, self._replicas)
            started = startup.start_servers()
            if before_processes is not None:
                before_processes(servers, deployment)
            startup.mend_archive(started)
            started += startup.raise_processes()
            with self.progress.step("symbols") as step:
                listed = seed(base_url, servers.bootstrap)
                step.says(f"listed {', '.join(listed)}" if listed else "all listed")
            return bool(started or listed)

    @staticmethod
    def _context(servers: Servers, base_url: str) -> dict[str, str]:
        """What the CDK app is told. A LocalStack that runs already may run functions in containers, which have no dependencies of ours."""
        context = servers.context(base_url)
        if servers.own_emulator is None and context.get("emulator") == EmulatorKind.LOCALSTACK:
            context["dependency_layer"] = str(dependency_layer())
        return context

    def _settle_kind(self) -> None:
        """Throw-away or kept: never one on the data of the other. What a throw-away run left that did not end by ``down`` is wiped."""
        if self.state.exists() and not self.supervisor.is_running() and is_throwaway(self.state):
            self.reset()
        kept = (self.state / "ports.json").exists() and not is_throwaway(self.state)
        if self._throwaway and kept:
            raise PlatformError(
                f"{self.state} holds a platform whose data is kept; for a throw-away run name another folder in MYCRYPTO_STATE"
            )
        if not self._throwaway and is_throwaway(self.state):
            raise PlatformError(f"a throw-away platform is running from {self.state}; end it first, with everything in it: mycrypto down")
        self.state.mkdir(mode=0o755, parents=True, exist_ok=True)
        if self._throwaway:
            (self.state / THROWAWAY_MARK).touch()
        emulators.settle(self.state, self._emulator)

    def _tell_moved(self, ports: Mapping[str, int], usual_ports: Mapping[str, int]) -> None:
        for name, usual in usual_ports.items():
            if ports[name] != usual:
                self.progress.note(f"[yellow]{name}: port {usual} is taken, using {ports[name]}[/yellow]")

    # --- down, reset

    def down(self) -> bool:
        """Stop everything, state kept (of a throw-away run: wiped). Whether anything ran."""
        if not self.state.exists():
            return False
        if is_throwaway(self.state):
            ran = self.supervisor.is_running()
            self._end()
            self._wipe()
            return ran
        return self._stop()

    def _stop(self) -> bool:
        with self._alone(), self.progress.shown():
            if not self.supervisor.is_running():
                return bool(leftovers.sweep(self.state))
            known = self.supervisor.processes()
            for kinds in STOP_ORDER:
                together([self._stopper(name) for name in known if kind(name) in kinds])
            self.supervisor.shutdown(SHUTDOWN_SECONDS_MAX)
            leftovers.sweep(self.state)
            return True

    def _stopper(self, name: str) -> Callable[[], None]:
        def stop() -> None:
            with self.progress.step(f"stop {name}"):
                self.supervisor.stop(name)

        return stop

    def reset(self) -> None:
        """Stop everything and delete all data, secrets and logs of this state folder."""
        if not self.state.exists():
            return
        if any(self.state.iterdir()) and not any((self.state / name).exists() for name in STATE_FILES):
            raise PlatformError(f"{self.state} does not look like a platform's state folder; delete it yourself if you mean it")
        self._end()
        self._wipe()

    def _end(self) -> None:
        """Stop everything at once: nothing is to be kept."""
        with self._alone(), self.progress.shown():
            if self.supervisor.is_running():
                together([self._stopper(name) for name in self.supervisor.processes() if kind(name) in ASKED_TO_END])
                with self.progress.step("end the others"):
                    self.supervisor.kill()
            leftovers.kill(self.state)

    def _wipe(self) -> None:
        for home in self._homes_elsewhere():
            shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(self.state)

    def _homes_elsewhere(self) -> Iterator[Path]:
        from mycrypto_local.parts.postgres import Postgres

        home = Postgres(self.state, 0, "").home
        if home.exists() and not home.is_relative_to(self.state):
            yield home

    # --- status

    def status(self) -> PlatformStatus:
        """Every part as it is now. Never raises for a part that is in trouble: that is what it reports."""
        ports = addresses.read(self.state)
        if not ports or not self.supervisor.is_running():
            return PlatformStatus(
                state="stopped",
                base_url="",
                mailbox_url="",
                binance_url="",
                aws_endpoint="",
                emulator="",
                state_folder=str(self.state),
                memory_mb=0,
                parts=[],
            )
        servers = Servers.of(self.state, ports, local_secrets.read(self.state))
        processes = self.supervisor.processes()
        probes: dict[str, Callable[[], None]] = {part.name: part.probe for part in servers.parts()}
        if servers.own_emulator is not None:
            probes["emulator"] = partial(emulators.check_deployed, servers.emulator)
        own = sorted((name for name in processes if name not in probes), key=_place)
        probes |= {name: partial(probe_process, name, port_of(name, ports)) for name in own}
        engines = [name for name in own if kind(name) == "engine"]
        roles = {name: partial(role_of_engine, port_of(name, ports)) for name in engines} if len(engines) > 1 else {}
        looks = [partial(_look, name, probe, port_of(name, ports), processes.get(name), roles.get(name)) for name, probe in probes.items()]
        looks += [partial(_look_outside, name, servers) for name in servers.external()]
        parts = together(looks)
        base_url = self._base_url(ports)
        return PlatformStatus(
            state="running" if all(part.healthy for part in parts) and DOORS & probes.keys() else "degraded",
            base_url=base_url,
            mailbox_url=f"{base_url}/local/mailbox",
            binance_url=addresses.binance_url(ports),
            aws_endpoint=servers.emulator.endpoint,
            emulator=emulators.chosen(self.state),
            state_folder=str(self.state),
            memory_mb=sum(part.memory_mb for part in parts),
            parts=parts,
            hint=core_hint(),
        )

    def log(self, name: str) -> Path:
        """Where a part's output goes."""
        return self.state / "logs" / f"{name}.log"

    @staticmethod
    def _base_url(ports: Mapping[str, int]) -> str:
        return f"http://localhost:{ports['gateway']}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One command at a time changes a platform."""
        self.supervisor.folder.mkdir(parents=True, exist_ok=True)
        with (self.supervisor.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PlatformError(f"another mycrypto command is at work on {self.state}; wait for it and try again") from None
            yield


def _place(name: str) -> tuple[int, str]:
    return PROCESS_KINDS.index(kind(name)), name


def _trouble(probe: Callable[[], None]) -> str:
    try:
        probe()
    except NotReadyError as error:
        return str(error)
    return ""


def _look(
    name: str, probe: Callable[[], None], port: int, process: ProcessState | None, role: Callable[[], str] | None = None
) -> PartStatus:
    if process is None or not process.alive:
        spoken = process.spawnerr if process else ""
        return PartStatus(
            name=name,
            state=process.statename if process else "UNKNOWN",
            healthy=False,
            detail=spoken,
            port=port,
            restarts=process.restarts if process else 0,
        )
    trouble = _trouble(probe) or _trouble(partial(check_answered_by, process.pid, port))
    if not trouble and process.restarts_lately >= RESTARTS_TOO_OFTEN:
        trouble = f"it answers, but was restarted {process.restarts_lately} times in the last minute; see: mycrypto logs {name}"
    return PartStatus(
        name=name,
        state=process.statename,
        healthy=not trouble,
        detail=trouble or (role() if role else ""),
        port=port,
        pid=process.pid,
        memory_mb=memory_mb(process.pid),
        restarts=process.restarts,
        started_at=datetime.fromtimestamp(process.start, UTC).isoformat(),
    )


def _look_outside(name: str, servers: Servers) -> PartStatus:
    probe = partial(emulators.check_deployed, servers.emulator) if name == "emulator" else partial(probe_external, name, servers)
    trouble = _trouble(probe)
    return PartStatus(name=name, state="EXTERNAL", healthy=not trouble, detail=trouble)
