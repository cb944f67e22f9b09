"""What clients send to auth and get back about their own accounts, beyond log-in and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from functions.auth.models import Input, Locale
from functions.auth.store.closures import Name


class Preferences(Input, frozen=True):
    """Language of the mails, and the time zone in which moments are shown; what is left out stays."""

    locale: Locale | msgspec.UnsetType = msgspec.UNSET
    time_zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | msgspec.UnsetType = msgspec.UNSET


class MailWord(Input, frozen=True):
    """The anti-phishing word, or null for none. ``password``: once more, because who knows the word can forge a mail."""

    word: str | None
    password: str


class EndedSessions(msgspec.Struct, frozen=True):
    """How many sessions were ended."""

    ended: int


class EmailChangeRequest(Input, frozen=True):
    """``password``: once more, an access token alone does not take an account away."""

    new_email: str
    password: str


class EmailChangeToken(Input, frozen=True):
    """The token that came by mail to the old or to the new address."""

    token: str


class EmailChangeAsked(msgspec.Struct, frozen=True):
    """Both links are good until ``expires_at``."""

    new_email: str
    expires_at: datetime
    message: str


class EmailChangeConfirmed(msgspec.Struct, frozen=True):
    """``completed``: both addresses have agreed, and the new one is in force; else the other one is waited for."""

    completed: bool


class PersonalData(msgspec.Struct, frozen=True):
    """``link`` opens the file for ``expires_in`` seconds; ``size`` is in bytes."""

    link: str
    expires_in: int
    size: int


class ClosedIdentity(msgspec.Struct, frozen=True):
    """Whose account it was."""

    email: str
    phone: str | None
    opened_at: datetime
    closed_at: datetime
    names: list[Name]
