"""Which pages of other origins may use the API from a browser: one allow-list for the gateway and the functions.

A token comes in a header that a page has to set by itself, never in a cookie; so credentials are never allowed.
"""

from __future__ import annotations

import re
from typing import Final, Self

import msgspec

from mycrypto.settings import SettingsError

METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE"
SENT: Final = (
    "Authorization, Content-Type, X-API-Key, X-API-Recv-Window, X-API-Signature, X-API-Timestamp, Idempotency-Key, X-Idempotency-Key, X-Recaptcha-Token,"
    " X-Request-ID"
)
"""Headers that a page may send."""
SHOWN: Final = (
    "Content-Disposition, Idempotency-Replayed, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID"
)
"""Headers that a page may read."""
KEPT_SECONDS: Final = 600
"""How long a browser need not ask again."""
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


class Cors(msgspec.Struct, frozen=True):
    """``origins`` as browsers send them: scheme and host, and the port where it is not the scheme's own."""

    origins: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """From origins with commas between them; an empty text allows none. Raises SettingsError."""
        origins = frozenset(part.strip() for part in text.split(",")) if text else frozenset()
        for origin in sorted(origins):
            if _ORIGIN.fullmatch(origin) is None:
                raise SettingsError(f"ALLOWED_ORIGINS: {origin!r} is no origin; write https://app.example, several with commas")
        return cls(origins)

    def headers(self, origin: str | None) -> dict[str, str]:
        """Of an answer to a page of this origin, or to no page at all."""
        if not self.origins:
            return {}
        told = {"Vary": "Origin"}  # a cache must not show one page what was said to another
        if origin in self.origins:
            told |= {"Access-Control-Allow-Origin": str(origin), "Access-Control-Expose-Headers": SHOWN}
        return told

    def preflight(self, origin: str | None, method: str | None) -> dict[str, str] | None:
        """What the answer to a browser's OPTIONS before ``method`` has beside :meth:`headers`; ``None`` for another origin, or for no preflight."""
        if origin not in self.origins or method is None:
            return None
        return {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": SENT,
            "Access-Control-Max-Age": str(KEPT_SECONDS),
        }


NO_ORIGINS: Final = Cors()
