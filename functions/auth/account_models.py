"""What clients send to auth and get back about their own accounts, beyond log-in and sessions."""

from __future__ import annotations

from typing import Annotated

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


class EndedSessions(msgspec.Struct, frozen=True):
    """How many sessions were ended."""

    ended: int
