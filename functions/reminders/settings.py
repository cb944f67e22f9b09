"""The environment of reminders."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    stage: str
    critical_topic_arn: str
    warning_topic_arn: str
