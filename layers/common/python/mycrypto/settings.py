"""Typed environment: each function or process declares a frozen ``msgspec.Struct`` and reads it once, at start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class SettingsError(RuntimeError):
    """An environment variable is missing or of the wrong type; the message names it and says what is expected."""


def load(kind: type[T], environment: Mapping[str, str] | None = None) -> T:
    """Read ``kind`` from the environment: field ``database_url`` is the variable ``DATABASE_URL``.

    Empty variables count as absent. Values are converted to the field's type ("8080" to ``int``, "true" to ``bool``).
    """
    source = os.environ if environment is None else environment
    values = {field.name: source[name] for field in msgspec.structs.fields(kind) if source.get(name := field.name.upper())}
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{kind.__module__}.{kind.__name__}: {error} (environment variables are the upper-case names)") from error
