"""What clients send to auth and get back about their own accounts, beyond log-in and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from functions.auth.models import Input, Locale


class Preferences(Input, frozen=True):
    """Language of the mails, and the time zone in which moments are shown; what is left out stays."""

    locale: Locale | msgspec.UnsetType = msgspec.UNSET
    time_zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | msgspec.UnsetType = msgspec.UNSET


class MailWord(Input, frozen=True):
    """The anti-phishing word, or null for none. ``password``: once more, because who knows the word can forge a mail."""

    word: str | None
    password: str


class Activity(msgspec.Struct, frozen=True):
    """Something that happened to the own account. ``by_staff``: it was not its owner who did it. ``resource`` says more, such as the method of a code."""

    id: UUID
    action: str
    result: str
    resource: str
    by_staff: bool
    ip_address: str | None
    user_agent: str
    timestamp: datetime


class EndedSessions(msgspec.Struct, frozen=True):
    """How many sessions were ended."""

    ended: int


class TrustedDevice(msgspec.Struct, frozen=True):
    """A device that skips the second step of a log-in until ``expires_at``."""

    id: UUID
    ip_address: str
    user_agent: str
    trusted_at: datetime
    last_used_at: datetime
    expires_at: datetime
