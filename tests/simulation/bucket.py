"""Snapshots in memory, and the forked children that write them: greenlets, which end with what they write and not with their parent.

A child sees the state as it is when it begins, because it runs at once up to its gate or to its first write; each write waits a while, so
that anything may happen in between.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from random import Random

import greenlet

from engine_container.child import ChildError
from tests.simulation.loop import VirtualLoop

SLOWEST = 0.3
_PLATFORM = greenlet.getcurrent()


class Bucket:
    """``full``: nothing can be written. ``away``: nothing can be read either."""

    def __init__(self, loop: VirtualLoop, random: Random) -> None:
        self.loop = loop
        self.random = random
        self.files: dict[str, dict[str, bytes]] = {}
        self.full = self.away = False

    def store(self, prefix: str) -> Store:
        return Store(self, self.files.setdefault(prefix, {}))

    def damage_newest(self) -> None:
        """A file that was written when the machine lost its power."""
        for files in self.files.values():
            if files:
                name = max(files)
                files[name] = files[name][: len(files[name]) // 2]


class Store:
    def __init__(self, bucket: Bucket, files: dict[str, bytes]) -> None:
        self._bucket = bucket
        self._files = files

    def names(self) -> list[str]:
        self._answer()
        return sorted(self._files)

    def read(self, name: str) -> bytes:
        self._answer()
        if name not in self._files:
            raise FileNotFoundError(name)
        return self._files[name]

    def write(self, name: str, content: bytes) -> None:
        _pause()
        self._answer()
        if self._bucket.full:
            raise OSError(errno.ENOSPC, "no space left on device")
        self._files[name] = content

    def delete(self, name: str) -> None:
        _pause()
        self._answer()
        self._files.pop(name, None)

    def _answer(self) -> None:
        if self._bucket.away:
            raise OSError(errno.EIO, "the bucket is away")


def _pause() -> None:
    current = greenlet.getcurrent()
    if current.parent is not None:
        current.parent.switch()


class Gate:
    """As ``engine_container.child.Gate``."""

    def __init__(self) -> None:
        self.word: bytes | None = None
        self.closed = False
        self.child: Child | None = None

    def open(self, word: bytes) -> None:
        self.word = word
        if self.child is not None:
            self.child.go_on()

    def close(self) -> None:
        self.closed = True
        if self.child is not None and self.word is None:
            self.child.go_on()

    def passed(self) -> bytes:
        while self.word is None and not self.closed:
            _pause()
        if self.word is None:
            raise ChildError("not to be finished")
        return self.word


class Child:
    def __init__(self, work: Callable[[], bytes], gate: Gate | None) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self._loop = loop
        self._gate = gate
        self._under_way = False
        self.answer: asyncio.Future[bytes] = loop.create_future()
        self._greenlet = greenlet.greenlet(lambda: self._work(work))
        if gate is not None:
            gate.child = self
        self._greenlet.switch()
        if gate is None:
            self.go_on()

    def _work(self, work: Callable[[], bytes]) -> None:
        try:
            found = work()
        except Exception as error:  # noqa: BLE001 - as a real child
            self._tell(ChildError(repr(error)))
        else:
            self._tell(found)

    def _tell(self, found: bytes | ChildError) -> None:
        if self.answer.done():
            return
        if isinstance(found, ChildError):
            self.answer.set_exception(found)
            self.answer.exception()
        else:
            self.answer.set_result(found)

    def go_on(self) -> None:
        """Its next step, after a while."""
        if not self._greenlet.dead and not self._under_way:
            self._under_way = True
            self._loop.outside(self._loop.world.bucket.random.uniform(0.001, SLOWEST), self._step)

    def _step(self) -> None:
        self._under_way = False
        if not self._greenlet.dead:
            self._greenlet.switch()
            self.go_on()


def start(work: Callable[[], bytes], gate: Gate | None = None) -> Child:
    """As ``engine_container.child.start``."""
    return Child(work, gate)


async def answer(child: Child) -> bytes:
    """As ``engine_container.child.answer``."""
    return await child.answer
