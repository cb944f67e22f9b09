"""A client whose gateway is killed under it: ccxt goes on, no order is lost, and none is placed twice."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest

from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from tests.compatibility.environments import CCXT, environment
from tests.fault.test_kill_9 import kill, wait_healthy

SCRIPTS: Final = Path(__file__).parent / "scripts"
KILLS: Final = 2


@pytest.mark.slow
def test_ccxt_goes_on_when_the_gateway_is_killed(told: dict[str, str], platform: Running, tmp_path: Path) -> None:
    whole = Platform(platform.state)
    command = [str(environment("ccxt", CCXT)), str(SCRIPTS / "ccxt_through_kills.py")]
    own = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", "KILLS": str(KILLS), **told}
    said: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, env=own) as client:
        assert client.stdout is not None
        for line in client.stdout:
            said.append(line)
            if line == "NOW\n":
                pid = kill(whole, "gateway")
                wait_healthy(whole, {"gateway": pid})
    print(said[-1])
    assert client.returncode == 0, "".join(said)[-8_000:]
    assert said.count("NOW\n") == KILLS
    assert said[-1].startswith("DONE"), "".join(said)[-8_000:]
