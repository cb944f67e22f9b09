"""Keeping the parts running: supervisord, told by a file that we write and spoken to over a unix socket that only we may open."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from supervisor.xmlrpc import SupervisorTransport

from mycrypto_local.parts.part import PARENT_DEATH, Part, base_environment

SOCKET_PATH_MAX: Final = 100
"""The kernel takes 107 bytes; longer state folders get their socket in the folder for temporary files."""
START_SECONDS_MAX: Final = 20
RETRIES: Final = 20


class SupervisionError(RuntimeError):
    """supervisord does not start or refuses; the message carries what it printed."""


class ProcessState(msgspec.Struct, frozen=True):
    """What supervisord says of one part. Times are epoch seconds; 0 is never."""

    name: str
    statename: str
    pid: int
    start: int
    stop: int
    exitstatus: int
    spawnerr: str
    restarts: int = 0
    restarts_lately: int = 0
    """In the last minute."""

    @property
    def alive(self) -> bool:
        return self.statename in {"RUNNING", "STARTING", "STOPPING"} and self.pid > 0


class Supervisor:
    """The supervisord of one state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.folder = state / "run"
        self.configuration = self.folder / "supervisord.conf"
        self.log = state / "logs" / "supervisord.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        usual = self.folder / "supervisord.sock"
        if len(os.fsencode(usual)) <= SOCKET_PATH_MAX:
            return usual
        mark = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"mycrypto-{os.geteuid()}-{mark}.sock"

    def is_running(self) -> bool:
        try:
            with self._rpc() as rpc:
                return bool(rpc.supervisor.getState()["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def launch(self, parts: Iterable[Part], *, tied: bool = False) -> None:
        """Start supervisord with these parts, none of them started yet. ``tied``: it stops when our process ends, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self._write(parts)
        words = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(self.configuration)]
        if tied:
            words = [sys.executable, "-I", "-S", str(PARENT_DEATH), "--signal", str(int(signal.SIGTERM)), "--", *words]
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                words,
                cwd=self.state,
                env=base_environment(self.state, "supervisor"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.is_running():
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise SupervisionError(f"supervisord did not start:\n{tail(self.log)}")
            time.sleep(0.05)

    def apply(self, parts: Iterable[Part]) -> list[str]:
        """Bring a running supervisord to these parts; those that changed are stopped, and named in the answer."""
        self._write(parts)
        with self._rpc() as rpc:
            added, changed, removed = rpc.supervisor.reloadConfig()[0]
            for name in (*changed, *removed):
                rpc.supervisor.stopProcessGroup(name)
                rpc.supervisor.removeProcessGroup(name)
            for name in (*added, *changed):
                rpc.supervisor.addProcessGroup(name)
        return [*added, *changed, *removed]

    def start(self, name: str) -> bool:
        """Start a part without waiting for it; whether it had to be started."""
        if self.process(name).statename in {"RUNNING", "STARTING", "BACKOFF"}:
            return False
        with self._rpc() as rpc:
            rpc.supervisor.startProcess(name, False)
        return True

    def stop(self, name: str) -> None:
        """Stop a part and wait until it is gone."""
        if self.process(name).statename not in {"STOPPED", "EXITED", "FATAL"}:
            with self._rpc() as rpc:
                rpc.supervisor.stopProcess(name, True)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a part that runs."""
        with self._rpc() as rpc:
            rpc.supervisor.signalProcess(name, str(int(number)))

    def processes(self) -> dict[str, ProcessState]:
        with self._rpc() as rpc:
            restarts: dict[str, int] = rpc.mycrypto.restarts()
            lately: dict[str, int] = {}
            with contextlib.suppress(xmlrpc.client.Fault):  # one that was started before it could tell this
                lately = rpc.mycrypto.restarts_lately()
            infos: list[dict[str, Any]] = rpc.supervisor.getAllProcessInfo()
        return {
            name: msgspec.convert(
                info | {"restarts": restarts.get(name, 0), "restarts_lately": lately.get(name, 0)},
                ProcessState,
            )
            for info in infos
            if (name := str(info["name"]))
        }

    def process(self, name: str) -> ProcessState:
        with self._rpc() as rpc:
            return msgspec.convert(rpc.supervisor.getProcessInfo(name), ProcessState)

    def shutdown(self, seconds_max: float) -> None:
        """End supervisord, which stops what still runs; return when the last process is gone."""
        with self._rpc() as rpc:
            pid = int(rpc.supervisor.getPID())
            rpc.supervisor.shutdown()
        deadline = time.monotonic() + seconds_max
        while _exists(pid):
            if time.monotonic() > deadline:
                raise SupervisionError(f"supervisord (pid {pid}) did not end within {seconds_max:.0f} s:\n{tail(self.log)}")
            time.sleep(0.05)
        self.forget_child()

    def kill(self) -> None:
        """End supervisord, which asks nothing of what it runs. What it ran is a leftover then."""
        with self._rpc() as rpc:
            pid = int(rpc.supervisor.getPID())
        os.kill(pid, signal.SIGKILL)
        self.forget_child()
        while _exists(pid):
            time.sleep(0.01)

    def forget_child(self) -> None:
        """Take note of the end of a supervisord that we started ourselves."""
        if self._child is not None:
            self._child.wait()
            self._child = None

    @contextmanager
    def _rpc(self) -> Iterator[Any]:
        with xmlrpc.client.ServerProxy("http://127.0.0.1", SupervisorTransport(None, None, f"unix://{self.socket}")) as proxy:
            yield proxy

    def _write(self, parts: Iterable[Part]) -> None:
        text = configuration(parts, self.state, self.socket)
        self.configuration.touch(mode=0o600)
        self.configuration.chmod(0o600)
        self.configuration.write_text(text)


def _exists(pid: int) -> bool:
    """Whether a process is there that is more than its exit status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """Supervisord knows two quotation marks and no escape for either."""
    mark = '"' if '"' not in text else "'"
    if mark in text or "\n" in text:
        raise SupervisionError(f"supervisord cannot pass on a value with both quotation marks or a line break: {text!r}")
    return f"{mark}{_escaped(text)}{mark}"


def _section(name: str, values: Mapping[str, object]) -> str:
    return "\n".join((f"[{name}]", *(f"{key}={value}" for key, value in values.items()), ""))


def configuration(parts: Iterable[Part], state: Path, socket: Path) -> str:
    """The file that supervisord reads. Nothing starts by itself: the runner starts each part when its turn has come."""
    main: dict[str, object] = {
        "logfile": state / "logs" / "supervisord.log",
        "logfile_maxbytes": "10MB",
        "logfile_backups": 1,
        "silent": "true",
        "pidfile": state / "run" / "supervisord.pid",
        "childlogdir": state / "logs",
    }
    if os.geteuid() == 0:
        main["user"] = "root"  # said, so that supervisord does not wonder about it in its log
    sections = [
        _section("unix_http_server", {"file": socket, "chmod": "0700"}),
        _section("supervisord", main),
        _section("rpcinterface:supervisor", {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"}),
        _section("rpcinterface:mycrypto", {"supervisor.rpcinterface_factory": "mycrypto_local.supervision_plugin:make"}),
    ]
    for part in parts:
        environment = ",".join(f"{key}={_quoted(value)}" for key, value in sorted(part.environment.items()))
        values: dict[str, object] = {
            "command": _escaped(shlex.join(part.tethered())),
            "directory": part.folder,
            "environment": environment,
            "autostart": "false",
            "autorestart": "true",
            "startsecs": 1,
            "startretries": RETRIES,
            "stopsignal": part.stop_signal.name.removeprefix("SIG"),
            "stopwaitsecs": part.stop_seconds_max,
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": state / "logs" / f"{part.name}.log",
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": 2,
        }
        sections.append(_section(f"program:{part.name}", values))
    return "\n".join(sections)


def tail(log: Path, lines: int = 20) -> str:
    """The end of a log; empty if there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def last_words(state: Path, lines: int = 15) -> str:
    """The ends of all logs of a state folder: of a platform that goes with its logs when something has failed."""
    return "\n".join(f"--- {log.name}\n{tail(log, lines)}" for log in sorted((state / "logs").glob("*.log")))
