"""What an engine and its listeners say to each other about events that are decided and not yet on the event log.

A listener sends the token of the leader as its first bytes, once. Then only the engine speaks: frames of a length, the leader's epoch and the bytes of an
event record, the same that it appends to the event log.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

HEAD: Final = struct.Struct(">IQ")
"""Bytes of the payload, epoch."""
PAYLOAD_BYTES_MAX: Final = 1_000_000
"""An event record is smaller: a broker takes no larger one."""
TOKEN_CHARACTERS: Final = 32


class FrameError(ValueError):
    """The other side does not speak this protocol."""


class Leader(msgspec.Struct, frozen=True):
    """The engine that publishes, where it announces, and what a listener has to know to be heard. ``epoch`` grows with every leader."""

    epoch: int
    host: str
    port: int
    token: str

    def __str__(self) -> str:
        return f"{self.epoch} {self.host} {self.port} {self.token}"


def leader_key(shard: int) -> str:
    """Where Redis has the leader of a shard."""
    return f"engine:leader:{shard}"


def read_leader(text: str) -> Leader | None:
    """What :class:`Leader` says as text; ``None`` if it is no such text."""
    try:
        epoch, host, port, token = text.split(" ")
        return Leader(int(epoch), host, int(port), token)
    except ValueError:
        return None


def frame(epoch: int, payload: bytes) -> bytes:
    """One announced event record."""
    return HEAD.pack(len(payload), epoch) + payload


class Frames:
    """Takes bytes as they come and gives whole frames."""

    def __init__(self) -> None:
        self._held = b""

    def take(self, data: bytes) -> list[tuple[int, bytes]]:
        """The epoch and the event record of every frame that is whole now. Raises :class:`FrameError` on a record that no log would hold."""
        held = self._held + data if self._held else data
        found: list[tuple[int, bytes]] = []
        place = 0
        while len(held) - place >= HEAD.size:
            size, epoch = HEAD.unpack_from(held, place)
            if size > PAYLOAD_BYTES_MAX:
                raise FrameError(f"a frame of {size} bytes")
            begin = place + HEAD.size
            if len(held) < begin + size:
                break
            place = begin + size
            found.append((epoch, held[begin:place]))
        self._held = held[place:]
        return found
