"""What a test or a benchmark has started ends with it, also when it is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from tests.integration.gateway.conftest import ROOT
from tests.waiting import wait_until

STARTER = """
import sys, time
from pathlib import Path
from tests.integration.gateway.conftest import Process
process = Process("http.server", {}, 0, Path(sys.argv[1]))
process.launch()
print(process.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_starter_leaves_no_process_behind(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        started = psutil.Process(int(starter.stdout.readline()))
        wait_until(lambda: started.cmdline()[1:] == ["-m", "http.server"])
        starter.kill()
    wait_until(lambda: not started.is_running() or started.status() == psutil.STATUS_ZOMBIE)
