"""Audit messages as rows."""

from __future__ import annotations

import ipaddress

import msgspec

from functions.audit.store import AuditRow
from mycrypto.audit import MESSAGE_TYPE, AuditRecord
from mycrypto.queue import Envelope, MessageError

ACTION_LENGTH_MAX = 100


def row_of(envelope: Envelope) -> AuditRow:
    """The row of a message. Raises MessageError for what is no audit record, so that one bad message cannot spoil a batch."""
    if envelope.type != MESSAGE_TYPE:
        raise MessageError(f"not an audit record: {envelope.type!r}")
    try:
        record = msgspec.json.decode(envelope.data, type=AuditRecord)
        if record.ip_address is not None:
            ipaddress.ip_address(record.ip_address)
    except (msgspec.MsgspecError, ValueError) as error:
        raise MessageError(f"not an audit record: {error}") from None
    if not 0 < len(record.action) <= ACTION_LENGTH_MAX or b"\\u0000" in bytes(envelope.data):
        raise MessageError("not an audit record: it names no action, or holds a character that cannot be stored")
    return AuditRow(
        id=envelope.message_id,
        user_id=record.user_id,
        actor_id=record.actor_id,
        actor_type=record.actor_type.value,
        action=record.action,
        resource=record.resource,
        result=record.result.value,
        old_value=record.old_value,
        new_value=record.new_value,
        reason=record.reason,
        ip_address=record.ip_address,
        user_agent=record.user_agent,
        request_id=envelope.trace_id,
        timestamp=envelope.timestamp,
    )
