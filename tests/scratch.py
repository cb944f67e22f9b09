"""Where the servers and platforms of a run keep their state: in memory where there is room, since all of it is thrown away.

On a disk, copying a database for each test and deploying a platform wait mostly for the file system.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import psutil

from mycrypto_local.paths import REPOSITORY

IN_MEMORY: Final = Path("/dev/shm")
ROOM_BYTES: Final = 4 * 2**30
SERVERS: Final = "servers"


def root() -> Path:
    """The folder of all runs of this user; it is made when it is first asked for."""
    memory = IN_MEMORY / f"mycrypto-tests-{os.geteuid()}"
    if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES:
        memory.mkdir(mode=0o755, exist_ok=True)
        if not memory.is_symlink() and memory.stat().st_uid == os.geteuid():
            return memory
    disk = REPOSITORY / ".local-test"
    disk.mkdir(exist_ok=True)
    return disk


def folder(name: str) -> Path:
    """A place for this process's ``name``; nothing is there yet."""
    return root() / f"{os.getpid()}-{name}"


def forget_killed_runs() -> None:
    """Delete what runs that were killed have left, processes included."""
    from mycrypto_local.platform import Platform  # imports the whole runner, which unit tests need not pay for

    for old in root().glob("[0-9]*-*"):
        pid, _, name = old.name.partition("-")
        if psutil.pid_exists(int(pid)):
            continue
        if name != SERVERS:  # those are tied to the process that started them
            inner = old / "platform"  # of a drill
            Platform(inner if inner.is_dir() else old).reset()
        shutil.rmtree(old, ignore_errors=True)
