"""Virus scanners: ClamAV's daemon by its own protocol, and a local one that knows the test virus of EICAR."""

from __future__ import annotations

import socket
import struct
from typing import Final, Protocol

TIMEOUT_SECONDS: Final = 60
CHUNK: Final = 1 << 16
REPLY_BYTES_MAX: Final = 4_096
EICAR: Final = (
    b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
)  # in two parts, so that no scanner takes this file for it


class ScannerError(Exception):
    """The scanner has not judged. The picture waits; it is never taken for clean."""


class Scanner(Protocol):
    def scan(self, content: bytes) -> str | None:
        """The name of what was found, ``None`` for a clean file. Raises ScannerError."""


class TestVirusScanner:
    """For stage local."""

    __test__ = False

    def scan(self, content: bytes) -> str | None:
        return "EICAR-Test-File" if EICAR in content else None


class Clamd:
    """``zINSTREAM``: chunks with their lengths, and one line of answer."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._address = (host, int(port))

    def scan(self, content: bytes) -> str | None:
        try:
            with socket.create_connection(self._address, TIMEOUT_SECONDS) as connection:
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), CHUNK):
                    chunk = content[start : start + CHUNK]
                    connection.sendall(struct.pack(">I", len(chunk)) + chunk)
                connection.sendall(struct.pack(">I", 0))
                reply = b""
                while not reply.endswith(b"\0") and len(reply) < REPLY_BYTES_MAX:
                    part = connection.recv(REPLY_BYTES_MAX)
                    if not part:
                        break
                    reply += part
        except OSError as error:
            raise ScannerError(f"clamd does not answer: {error!r}") from error
        return read_reply(reply)


def read_reply(reply: bytes) -> str | None:
    """What a line such as ``stream: Eicar-Signature FOUND`` says. Raises ScannerError for anything but a judgement."""
    text = reply.rstrip(b"\0").decode("utf-8", "replace").removeprefix("stream: ")
    if text == "OK":
        return None
    if text.endswith(" FOUND"):
        return text.removesuffix(" FOUND")
    raise ScannerError(f"clamd has not judged: {text[:200]!r}")
