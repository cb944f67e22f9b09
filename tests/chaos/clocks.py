"""Clocks that can be moved: a small library, preloaded into the parts, adds to each part's wall clock what a file of its own says.

libfaketime is not used: with version 0.9.10 ``time.sleep`` of CPython 3.11 fails unless the monotonic clock steps as well, which no real clock does, and
what is killed leaves its shared memory behind.
"""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from mycrypto_local.parts import part as parts

SOURCE: Final = Path(__file__).with_name("clock.c")
OFFSET: Final = struct.Struct("=q")
MODULES: Final = ("processes", "parts.ministack", "parts.kafka")
"""Of the runner: those whose parts get a clock that can be moved. PostgreSQL and Valkey hand out no time that is compared with another one."""


def why_not() -> str:
    """Why no clock can be moved on this machine; empty where one can."""
    return "" if shutil.which("cc") else "there is no C compiler to build the clocks with"


class Clocks:
    """Of one platform; made before it starts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._library = folder / "clock.so"

    def build(self) -> None:
        self._folder.mkdir(parents=True)
        words = ["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE)]
        subprocess.run(words, check=True, capture_output=True)

    @contextmanager
    def given(self) -> Iterator[None]:
        """Parts that are described meanwhile get a clock each."""
        usual = parts.base_environment

        def environment(state: Path, part: str) -> dict[str, str]:
            path = self._path(part)
            if not path.exists():
                path.write_bytes(OFFSET.pack(0))
            return usual(state, part) | {"LD_PRELOAD": str(self._library), "CHAOS_CLOCK": str(path)}

        with ExitStack() as stack:
            for module in MODULES:
                stack.enter_context(patch(f"mycrypto_local.{module}.base_environment", environment))
            yield

    def move(self, part: str, seconds: float) -> None:
        """So many seconds from the machine's time; 0 puts it right again."""
        with self._path(part).open("r+b") as file, mmap.mmap(file.fileno(), OFFSET.size) as page:
            page[:] = OFFSET.pack(int(seconds * 1e9))

    def _path(self, part: str) -> Path:
        return self._folder / f"{part}.offset"
