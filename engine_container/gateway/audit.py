"""What staff did, on its way to the audit log: sent to the queue in the background, again and again until it is there.

The engine's log holds every such change with its actor as well, so a process that dies with records unsent loses no evidence.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, Final, Protocol
from uuid import UUID

import boto3.exceptions
import botocore.exceptions
import msgspec

from engine_container.gateway.auth import Caller
from engine_container.metrics import Counter
from engine_container.web.call import Call
from mycrypto import outbox
from mycrypto.audit import MESSAGE_TYPE, ActorType, AuditRecord, Result
from mycrypto.errors import ProblemError

WAITING_MAX: Final = 10_000
RETRY_SECONDS: Final = 5
DROPPED: Final = Counter("audit_records_dropped_total")


class Reporter(Protocol):
    def warning(self, msg: object, *args: object) -> None: ...
    def info(self, msg: object, *, extra: dict[str, Any]) -> None: ...


class Change(msgspec.Struct, frozen=True):
    """What a member of the staff is about to change. ``old`` (what is in force) and ``asked`` (what is requested) are models of the API, plain
    mappings, or ``None``; ``about`` is the user it concerns.
    """

    call: Call
    caller: Caller
    action: str
    resource: str
    old: object
    asked: object
    reason: str = ""
    about: UUID | None = None


class AuditTrail:
    """Also writes each record into the process's own log."""

    def __init__(self, stage: str, reporter: Reporter) -> None:
        self._sender = outbox.SqsSender(stage)
        self._reporter = reporter
        self._waiting: asyncio.Queue[outbox.Waiting] = asyncio.Queue(WAITING_MAX)

    def note(self, change: Change, new: object) -> None:
        """It was made; ``new``, of the form of ``old``, is in force."""
        self._add(change, new, Result.SUCCESS, change.reason)

    def note_failed(self, change: Change, problem: ProblemError) -> None:
        """It was refused, could not be sent, or was not answered in time. The record's reason is the problem; the one that was given for the
        change is part of what was asked for.
        """
        result = Result.UNKNOWN if problem.kind.code == "OUTCOME_UNKNOWN" else Result.FAILURE
        self._add(change, change.asked, result, str(problem))

    def _add(self, change: Change, new: object, result: Result, reason: str) -> None:
        call = change.call
        record = AuditRecord(
            action=change.action,
            result=result,
            user_id=change.about,
            actor_id=change.caller.identity.user_id,
            actor_type=ActorType.STAFF,
            resource=change.resource,
            old_value=msgspec.to_builtins(change.old),
            new_value=msgspec.to_builtins(new),
            reason=reason,
            ip_address=call.client_ip or None,
            user_agent=(call.header(b"user-agent") or b"").decode("latin-1")[:512],
        )
        data: dict[str, Any] = msgspec.to_builtins(record)
        self._reporter.info("admin action", extra={"traceId": call.trace_id, **data})
        message_id, payload = outbox.message(MESSAGE_TYPE, data, trace_id=call.trace_id)
        try:
            self._waiting.put_nowait(outbox.Waiting(message_id, outbox.AUDIT, "", payload))
        except asyncio.QueueFull:
            DROPPED.add()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            row = await self._waiting.get()
            await self._deliver(row)

    async def _deliver(self, row: outbox.Waiting) -> None:
        for attempt in count(1):
            if await self._sent(row):
                return
            await asyncio.sleep(min(attempt, RETRY_SECONDS))

    async def _sent(self, row: outbox.Waiting) -> bool:
        try:
            return row.id in await asyncio.to_thread(self._sender.send, outbox.AUDIT, [row])
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, boto3.exceptions.Boto3Error) as error:
            self._reporter.warning("the audit queue is not reachable: %s", error)
            return False
