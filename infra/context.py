"""Reading ``-c key=value`` context, typed, with sentences for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from infra.errors import ConfigurationError
from mycrypto.cors import Cors
from mycrypto.settings import SettingsError

PORT_MAX: Final = 65_535
ARN_PARTS: Final = 6

Lookup = Callable[[str], object]


class Context:
    """Typed access to the context of an app; ``lookup`` answers ``None`` for an absent key."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def optional(self, key: str, default: str = "") -> str:
        """The value as text; ``default`` when it is absent or empty."""
        value = self._lookup(key)
        if value is None or value == "":
            return default
        if not isinstance(value, (str, int)):
            raise ConfigurationError(f"Context value '{key}' must be a plain text, not {type(value).__name__}: pass -c {key}=VALUE.")
        return str(value)

    def required(self, key: str, example: str) -> str:
        """The value as text."""
        value = self.optional(key)
        if not value:
            raise ConfigurationError(f"Context value '{key}' is missing: pass -c {key}={example}.")
        return value

    def number(self, key: str, default: int) -> int:
        """A whole number from 1 on."""
        text = self.optional(key, str(default))
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise ConfigurationError(f"Context value '{key}' must be a whole number from 1 on, not '{text}': pass -c {key}={default}.")
        return int(text)

    def port(self, key: str, example: int) -> int:
        """A TCP port, 1-65535."""
        text = self.required(key, str(example))
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= PORT_MAX:
            raise ConfigurationError(
                f"Context value '{key}' must be a port between 1 and {PORT_MAX}, not '{text}': pass -c {key}={example}."
            )
        return int(text)

    def url(self, key: str, example: str, schemes: tuple[str, ...]) -> str:
        """A URL with one of ``schemes``, a host, and no password in it (templates are readable by many)."""
        text = self.required(key, example)
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.hostname:
            wanted = " or ".join(f"{scheme}://" for scheme in schemes)
            raise ConfigurationError(f"Context value '{key}' must be a {wanted} address, not '{text}': pass -c {key}={example}.")
        if parts.password:
            raise ConfigurationError(
                f"Context value '{key}' must not hold a password; it is read from the secret store: pass -c {key}={example}."
            )
        return text

    def host_list(self, key: str, example: str) -> str:
        """``host:port`` pairs separated by commas."""
        text = self.required(key, example)
        for pair in text.split(","):
            host, _, port = pair.rpartition(":")
            if not host or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= PORT_MAX:
                raise ConfigurationError(f"Context value '{key}' must be host:port pairs, not '{text}': pass -c {key}={example}.")
        return text

    def choice(self, key: str, values: Sequence[str]) -> str:
        """One of ``values``; the first when absent."""
        text = self.optional(key, values[0])
        if text not in values:
            raise ConfigurationError(f"Context value '{key}' must be one of {', '.join(values)}, not '{text}': pass -c {key}={values[0]}.")
        return text

    def email(self, key: str, default: str) -> str:
        """A mail address."""
        text = self.optional(key, default)
        name, _, domain = text.partition("@")
        if not name or "." not in domain or not text.isascii() or any(letter.isspace() or letter in "<>,;" for letter in text):
            raise ConfigurationError(f"Context value '{key}' must be a mail address, not '{text}': pass -c {key}={default}.")
        return text

    def repository(self, key: str) -> str:
        """``OWNER/NAME`` on GitHub; empty when absent."""
        text = self.optional(key)
        if text and not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", text):
            raise ConfigurationError(f"Context value '{key}' must be a repository on GitHub, not '{text}': pass -c {key}=OWNER/NAME.")
        return text

    def origins(self, key: str) -> str:
        """Origins of web pages separated by commas; empty when absent."""
        text = self.optional(key)
        try:
            Cors.parse(text)
        except SettingsError as error:
            raise ConfigurationError(f"Context value '{key}' must be origins: {error}: pass -c {key}=https://app.example.") from None
        return text

    def accounts(self, key: str) -> tuple[str, ...]:
        """Account numbers separated by commas; none when absent."""
        text = self.optional(key)
        numbers = tuple(text.split(",")) if text else ()
        if not all(re.fullmatch(r"[0-9]{12}", number) for number in numbers):
            raise ConfigurationError(
                f"Context value '{key}' must be account numbers of twelve digits, not '{text}': pass -c {key}=111111111111,222222222222."
            )
        return numbers

    def arn(self, key: str, service: str, region: str) -> str:
        """The ARN of something of ``service`` in ``region``."""
        example = f"arn:aws:{service}:{region}:ACCOUNT:..."
        text = self.required(key, example)
        parts = text.split(":", 5)
        if len(parts) != ARN_PARTS or parts[0] != "arn" or parts[2] != service or parts[3] != region:
            raise ConfigurationError(
                f"Context value '{key}' must be an ARN of {service} in {region}, not '{text}': pass -c {key}={example}."
            )
        return text
