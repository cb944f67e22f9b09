"""Ports on 127.0.0.1: the usual one where it is free, the next free one where it is not."""

from __future__ import annotations

import errno
import socket
from collections.abc import Collection
from typing import Final

TRIES_MAX: Final = 200


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


def next_free(wanted: int, taken: Collection[int] = ()) -> int:
    """``wanted``, or the first free one after it that is not in ``taken``."""
    for port in range(wanted, min(wanted + TRIES_MAX, 65_536)):
        if port not in taken and is_free(port):
            return port
    raise NoFreePortError(f"no free port from {wanted} on")


def any_free(count: int) -> list[int]:
    """Ports that the kernel says are free, all different; for tests."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
