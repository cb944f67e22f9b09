"""What a part printed, as people read it: without the lines that only carry metrics, of which each part prints several every five seconds."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

METRICS: Final = b'{"_aws":'
"""How a line in CloudWatch's embedded metric format begins."""


def show(log: Path, lines: int, write: Callable[[bytes], object], *, follow: bool, metrics: bool) -> None:
    """Write the last lines of a log; with ``follow`` also what is added, until interrupted."""
    with log.open("rb") as file:
        for line in deque(_wanted(file, metrics=metrics), maxlen=lines):
            write(line)
        read = file.tell()
    if not follow:
        return
    words = ["tail", "-c", f"+{read + 1}", "-F", str(log)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as tail:
        try:
            if tail.stdout is not None:
                for line in _wanted(tail.stdout, metrics=metrics):
                    write(line)
        finally:
            tail.terminate()


def _wanted(lines: IO[bytes], *, metrics: bool) -> filter[bytes]:
    return filter(lambda line: metrics or not line.startswith(METRICS), lines)
