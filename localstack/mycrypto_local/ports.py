"""Ports on 127.0.0.1: the usual one where it is free, the next free one where it is not."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Collection, Iterator
from functools import cache
from itertools import cycle, islice
from typing import Final

import psutil

TRIES_MAX: Final = 200
TESTS_FIRST: Final = 10_000
TESTS_BLOCK: Final = 100
OUTGOING_FIRST: Final = 32_768
"""Where Linux begins to number outgoing connections unless it is told otherwise."""


class NoFreePortError(RuntimeError):
    """Every port tried is taken."""


def is_free(port: int) -> bool:
    """Whether a server could listen there now. A port whose last connections are still fading counts as free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def holds(pid: int, port: int) -> bool:
    """Whether the process, or a child of it, listens there. Where that cannot be seen it is taken for true."""
    try:
        process = psutil.Process(pid)
        return any(
            seen.status == psutil.CONN_LISTEN and seen.laddr.port == port
            for each in (process, *process.children(recursive=True))
            for seen in each.net_connections("tcp")
        )
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def next_free(wanted: int, taken: Collection[int] = ()) -> int:
    """``wanted``, or the first free one after it that is not in ``taken``."""
    for port in range(wanted, min(wanted + TRIES_MAX, 65_536)):
        if port not in taken and is_free(port):
            return port
    raise NoFreePortError(f"no free port from {wanted} on")


def any_free(count: int) -> list[int]:
    """Ports for tests and benchmarks, all different, in rising order until the block ends; raises :class:`NoFreePortError`.

    They come from a block of this process's own, so that processes that start together do not choose the same one before either listens, and lie
    below those that the kernel gives to outgoing connections: one of these could take the port of a server that is just being
    restarted, and who asks for that server there could even be connected to himself.
    """
    chosen: list[int] = []
    for port in islice(_own_block(), TESTS_BLOCK):
        if is_free(port):
            chosen.append(port)
        if len(chosen) == count:
            return chosen
    raise NoFreePortError(f"not {count} free ports in this process's block")


@cache
def _own_block() -> Iterator[int]:
    """Over and over again, each port after all others."""
    blocks = (OUTGOING_FIRST - TESTS_FIRST) // TESTS_BLOCK
    first = TESTS_FIRST + os.getpid() % blocks * TESTS_BLOCK
    return cycle(range(first, first + TESTS_BLOCK))
