"""Disks that can be filled: a small file system in memory for each data folder, in a mount namespace of the run's own, which ends with its processes."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

MEGABYTES: Final = {"kafka": 768, "postgres": 1_024, "valkey": 64, "emulator": 512}
"""By the part whose data folder, named like it, the file system holds; there is room for a hundred histories."""
NEW_NAMESPACE: Final = 0x00020000
FILLER: Final = "filler"
PIECES: Final = (1_048_576, 65_536, 4_096)


def own_namespace() -> str:
    """Mounts of this process are from now on its own and its children's. Why that cannot be; empty where it is so. Before any thread starts."""
    if os.geteuid() != 0:
        return "only root may mount a file system that can be filled"
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(NEW_NAMESPACE) != 0:
        return f"no mount namespace of its own can be had: {os.strerror(ctypes.get_errno())}"
    made = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True, check=False)
    return made.stderr.strip()


class Disks:
    """Of one platform; mounted before it starts."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def mount(self) -> str:
        """Why it cannot be; empty where all are there."""
        for part, size in MEGABYTES.items():
            folder = self._state / part
            folder.mkdir(mode=0o755, parents=True)
            words = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=755", "tmpfs", str(folder)]
            made = subprocess.run(words, capture_output=True, text=True, check=False)
            if made.returncode:
                self.unmount()
                return made.stderr.strip()
        return ""

    def unmount(self) -> None:
        """When nothing runs on them any more."""
        for part in MEGABYTES:
            subprocess.run(["umount", str(self._state / part)], capture_output=True, check=False)

    def fill(self, part: str) -> None:
        """To the last page."""
        filler = os.open(self._state / part / FILLER, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            end = 0
            for piece in PIECES:
                while True:
                    try:
                        os.posix_fallocate(filler, end, piece)
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
                        break
                    end += piece
        finally:
            os.close(filler)

    def free(self, part: str) -> None:
        (self._state / part / FILLER).unlink()

    def room(self, part: str) -> int:
        """Bytes."""
        return shutil.disk_usage(self._state / part).free
