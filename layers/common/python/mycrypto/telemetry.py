"""Logs and metrics of every function and process: one JSON object per line on stdout.

Each line has timestamp (RFC 3339, UTC), level, service, message and, inside a request, traceId. Values under names that look like
secrets are replaced before a line is written, and bearer or signed tokens are cut out of any text.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from mycrypto import embedded

REDACTED: Final = "[redacted]"

_SECRET_NAME: Final = re.compile(
    r"pass(word|phrase)|secret|token(?!s?_issued)|authorization|cookie|private|signature|recaptcha|(^|_)(otp|totp|code|key|iban|tckn|tc_kimlik_no|national_id)$",
    re.IGNORECASE,
)
_JWT_IN_TEXT: Final = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+")
_BEARER_IN_TEXT: Final = re.compile(r"(?i)bearer\s+\S+")
_URL_PASSWORD: Final = re.compile(r"(://[^:/@\s]*:)[^@\s]+@")
_DEPTH_MAX: Final = 8


def redact(value: Any, name: str = "", depth: int = 0) -> Any:
    """A copy of ``value`` that is fit for a log: nothing under a secret's name, no token inside a text."""
    if name and value is not None and not isinstance(value, bool | int) and _SECRET_NAME.search(name):
        return REDACTED
    if isinstance(value, str):
        text = _JWT_IN_TEXT.sub(REDACTED, value)
        text = _BEARER_IN_TEXT.sub(f"Bearer {REDACTED}", text)
        return _URL_PASSWORD.sub(rf"\1{REDACTED}@", text)
    if depth >= _DEPTH_MAX:
        return "[too deep]"
    if isinstance(value, Mapping):
        return {str(key): redact(item, str(key), depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, name, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))


def mask_email(address: str) -> str:
    """``ayse.yilmaz@example.com`` as ``a***@example.com``: enough to recognise, not enough to write to."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}***@{domain}" if domain else "***"


def _serialise(record: Any) -> str:
    return json.dumps(redact(record), separators=(",", ":"), ensure_ascii=False)


def logger(service: str) -> Logger:
    """The logger of one function or process; call it once per service, at start. ``LOG_LEVEL`` decides what is written."""
    formatter = LambdaPowertoolsFormatter(
        json_serializer=_serialise,
        use_rfc3339=True,
        utc=True,
        log_record_order=["timestamp", "level", "service", "message"],
    )
    return Logger(service=service, level=os.environ.get("LOG_LEVEL", "INFO"), logger_formatter=formatter)


class Meter:
    """Counts and measures in CloudWatch's embedded metric format, written at once, so that nothing waits for a flush.

    Names and labels are those of ``mycrypto.metrics``; anything else raises ``KeyError``.
    """

    def __init__(self, service: str) -> None:
        self._service = service

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add ``value`` to the counter ``name``."""
        self.write({name: value}, **labels)

    def gauge(self, name: str, value: float | Decimal, **labels: str) -> None:
        """Record a level, such as a depth or a number of open things. Never read back, so never money in a decision."""
        self.write({name: float(value)}, **labels)

    def write(self, values: Mapping[str, float], **labels: str) -> None:
        """Several at once: counts, levels and durations (in the metric's unit) that belong to one happening."""
        print(embedded.line(self._service, values, labels))


__all__ = ["REDACTED", "Logger", "Meter", "logger", "mask_email", "redact"]
