"""What we write for supervisord is what supervisord reads."""

from __future__ import annotations

import signal
from pathlib import Path

from supervisor.options import ServerOptions

from mycrypto_local.parts.part import Part
from mycrypto_local.supervision import Supervisor, configuration


def test_awkward_words_survive(tmp_path: Path) -> None:
    for folder in ("logs", "run"):
        (tmp_path / folder).mkdir()
    environment = {"REDIS_URL": "redis://:p%41ss@127.0.0.1:6379/0", "JVM": 'a "quoted" word, and a comma', "PLAIN": "x"}
    part = Part(
        name="awkward",
        command=("/bin/echo", "100%", "two words", "$HOME", "*"),
        port=1,
        folder=tmp_path,
        probe=lambda: None,
        environment=environment,
        stop_signal=signal.SIGINT,
        stop_seconds_max=7,
    )
    file = tmp_path / "supervisord.conf"
    file.write_text(configuration([part], tmp_path, tmp_path / "socket"))
    options = ServerOptions()
    options.realize(args=["-c", str(file)])
    (program,) = (process for group in options.process_group_configs for process in group.process_configs)
    assert program.command.endswith("-- /bin/echo 100% 'two words' '$HOME' '*'")
    assert program.environment == environment
    assert (program.autostart, program.autorestart is True or program.autorestart.__name__) == (False, "RestartUnconditionally")
    assert (program.stopsignal, program.stopwaitsecs, program.redirect_stderr) == (signal.SIGINT, 7, True)


def test_a_long_state_folder_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    assert len(str(Supervisor(deep).socket)) < 100
    assert Supervisor(deep).socket != Supervisor(deep / "y").socket
    assert Supervisor(Path("/srv/state")).socket == Path("/srv/state/run/supervisord.sock")
