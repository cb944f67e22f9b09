"""One message of the e-mail queue: understood, written into the notices of its user, sent as a mail; each of them once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.notifications import notice_store, store
from functions.notifications.mail_texts_turkish import TURKISH
from functions.notifications.store import Claim, Reader
from functions.notifications.templates import LANGUAGES, Mail, render
from mycrypto.mail import CLOSED_DOMAIN, WITHOUT_MAIL, MailKind
from mycrypto.notices import TOLD, params_of
from mycrypto.queue import Envelope, MessageError

MOMENTS: Final = ("locked_until",)
"""Details that are moments in ISO 8601; the mail shows them in the reader's time zone."""

Send = Callable[[str, Mail], str]
"""Takes recipient and mail, returns the provider's id, raises if it was not accepted."""


class Message(msgspec.Struct, frozen=True):
    """What an envelope says."""

    id: UUID
    kind: MailKind
    at: datetime
    user_id: UUID | None
    details: dict[str, str]


class BusyError(Exception):
    """Another invocation has this message in hand; it is looked at again when it is delivered again."""


def details_of(envelope: Envelope) -> dict[str, str]:
    """The message's details. Raises MessageError unless they are texts and name a recipient: an address, or a user."""
    try:
        details = msgspec.json.decode(envelope.data, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise MessageError(f"details must be texts: {error}") from None
    if "to" not in details and _user_id(details) is not None:
        return details
    recipient = details.get("to", "")
    if "@" not in recipient or not recipient.isascii() or not recipient.isprintable() or any(letter in recipient for letter in " ,;<>"):
        raise MessageError("the message names no recipient")
    return details


def _user_id(details: Mapping[str, str]) -> UUID | None:
    if not details.get("user_id"):
        return None
    try:
        return UUID(details["user_id"])
    except ValueError:
        raise MessageError("user_id is no UUID") from None


def understood(envelope: Envelope) -> Message | None:
    """The message, ``None`` for one without a reader. Raises MessageError for what can never be told."""
    try:
        kind = MailKind(envelope.type)
    except ValueError:
        raise MessageError(f"there is no mail of type {envelope.type!r}") from None
    if kind is MailKind.NO_RECIPIENT:
        return None
    details = details_of(envelope)
    return Message(envelope.message_id, kind, envelope.timestamp, _user_id(details), details)


def note(message: Message, connection: Connection, now: datetime) -> bool:
    """Write the message into the notices of its user, unless it is there or is no notice; whether it was written now."""
    told = TOLD.get(message.kind)
    if told is None or message.user_id is None:
        return False
    return notice_store.write(connection, message.id, message.user_id, told.kind, params_of(told, message.details), message.at, now)


def _written(kind: MailKind, details: Mapping[str, str], reader: Reader | None, recipient: str) -> Mail:
    """In the reader's language. The anti-phishing word goes to the account's own address alone: an address that is not confirmed yet may be
    a stranger's.
    """
    if reader is None:
        return render(kind, details)
    word = reader.mail_word if recipient == reader.email else None
    return render(kind, details, LANGUAGES.get(reader.locale, TURKISH), word=word or "")


def deliver(message: Message, connection: Connection, send: Send, now: Callable[[], datetime]) -> bool:
    """Send the mail unless it went out before, or there is none, or the user it is for has no address; whether it was sent now.

    Raises MessageError for what can never be sent, BusyError, and whatever ``send`` raises: then it is tried again.
    """
    if message.kind in WITHOUT_MAIL:
        return False
    details, reader = message.details, store.reader(connection, message.user_id)
    recipient = details.get("to") or (reader and reader.email)
    if not recipient or recipient.endswith(f"@{CLOSED_DOMAIN}"):
        return False
    zone = reader.time_zone if reader else "UTC"
    moments = {name: store.in_zone(connection, details[name], zone) for name in MOMENTS if name in details}
    mail = _written(message.kind, details | moments, reader, recipient)
    logged = "" if reader and reader.email.endswith(f"@{CLOSED_DOMAIN}") else recipient
    claim = store.claim(connection, message.id, message.kind.value, message.user_id, logged, now())
    if claim is Claim.SENT:
        return False
    if claim is Claim.BUSY:
        raise BusyError(str(message.id))
    try:
        ses_id = send(recipient, mail)
    except Exception:
        store.failed(connection, message.id)
        raise
    store.sent(connection, message.id, ses_id, now())
    return True
