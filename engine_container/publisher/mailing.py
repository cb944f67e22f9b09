"""Mails on their way to the queue: sent beside the publishing, which does not wait for it, and never forgotten by a restart.

How far publishing has come is said no further than the first mail that has not been sent, so that a restart makes it again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from engine_container.metrics import Counter
from engine_container.publisher.mails import OrderMail
from mycrypto.outbox import EMAIL, Sender, Waiting, message
from mycrypto.projection import moment

RETRY_SECONDS: Final = 2.0
MAILS: Final = Counter("publisher_mails_total")


class Reporter(Protocol):
    """The part of a logger that is needed."""

    def warning(self, msg: object, *args: object) -> None: ...


class _Batch(NamedTuple):
    offset: int
    rows: list[Waiting]


class Mailing:
    """``add`` what is to be sent; ``run`` sends it, in order."""

    def __init__(self, sender: Sender, reporter: Reporter) -> None:
        self._sender = sender
        self._reporter = reporter
        self._waiting: deque[_Batch] = deque()
        self._added = asyncio.Event()
        self.state = "ok"

    def add(self, mails: Sequence[OrderMail], offset: int) -> None:
        """``offset`` is that of the first record that they may come from."""
        if mails:
            rows = [_row(mail) for mail in mails]
            self._waiting.append(_Batch(offset, rows))
            self._added.set()

    def safe(self, offset: int) -> int:
        """The offset to begin at after a restart, if all before ``offset`` is published."""
        return min(offset, self._waiting[0].offset) if self._waiting else offset

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._added.wait()
            self._added.clear()
            while self._waiting:
                await self._send(self._waiting[0].rows)
                self._waiting.popleft()

    async def _send(self, rows: list[Waiting]) -> None:
        left = rows
        while left:
            try:
                accepted = set(await asyncio.to_thread(self._sender.send, EMAIL, left))
            except Exception as error:  # noqa: BLE001 - whatever a client raises, the mail stays and is tried again
                if self.state == "ok":
                    self._reporter.warning("the queue of mails is not reachable: %s", error)
                self.state = "not reachable"
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self.state = "ok"
            MAILS.add(len(accepted))
            left = [row for row in left if row.id not in accepted]
            if left:
                await asyncio.sleep(RETRY_SECONDS)


def _row(mail: OrderMail) -> Waiting:
    message_id, payload = message(mail.kind.value, mail.details, message_id=mail.message_id, at=moment(mail.time_ms))
    return Waiting(message_id, EMAIL, "", payload)
