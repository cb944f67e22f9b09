"""Audit records (who did what, to what, from where), on their way to the table ``audit_logs``.

The transaction that makes the change also writes the record into the outbox. So there is no record without its change and no change without its
record.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from psycopg import Connection

from mycrypto import outbox
from mycrypto.money import format_amount

if TYPE_CHECKING:
    from mycrypto.http.request import Client

MESSAGE_TYPE = "audit"


class ActorType(StrEnum):
    USER = "USER"
    STAFF = "STAFF"
    SYSTEM = "SYSTEM"


class Result(StrEnum):
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    UNKNOWN = "UNKNOWN"
    """It was asked for, and no answer came in time."""


class AuditRecord(msgspec.Struct, frozen=True):
    """``user_id`` is whom it is about, ``actor_id`` who did it; ``action`` is a lower-case word or two with a dot, as ``login.failed``.

    Old and new values are of the resource's public form: never a secret, never a hash. Where the result is no success, the new value is the one
    that was asked for.
    """

    action: str
    result: Result = Result.SUCCESS
    user_id: UUID | None = None
    actor_id: UUID | None = None
    actor_type: ActorType = ActorType.USER
    resource: str = ""
    old_value: dict[str, Any] | None = None
    new_value: dict[str, Any] | None = None
    reason: str = ""
    ip_address: str | None = None
    user_agent: str = ""


def add(connection: Connection, record: AuditRecord, *, trace_id: str = "") -> UUID:
    """Write the record in the caller's transaction; returns its id."""
    data: dict[str, Any] = msgspec.to_builtins(record)
    return outbox.add_message(connection, outbox.AUDIT, MESSAGE_TYPE, data, trace_id=trace_id)


def add_from(connection: Connection, record: AuditRecord, client: Client) -> UUID:
    """As :func:`add`, with where the request came from."""
    return add(connection, msgspec.structs.replace(record, ip_address=client.ip, user_agent=client.user_agent), trace_id=client.trace_id)


def add_of_money(connection: Connection, record: AuditRecord, client: Client, *, currency: str, units: int) -> UUID:
    """As :func:`add_from`, for something that is done with an amount: it is part of the new value."""
    amount = {"currency": currency, "amount": format_amount(units)}
    return add_from(connection, msgspec.structs.replace(record, new_value={**(record.new_value or {}), **amount}), client)
