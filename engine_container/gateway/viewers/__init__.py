"""The pages to read the API documents: Swagger UI, which can also try an operation, and Redoc for the sockets.

Their published files come with npm, pinned by package-lock.json, and are served from here. The front allows no script within a page and
nothing from another origin, so each page has its script in a file beside it.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from engine_container.compiled import PACKAGE_ROOT
from mycrypto.errors import ProblemError

PACKAGES: Final = PACKAGE_ROOT / "node_modules"
HERE: Final = Path(__file__).parent
BASE: Final = "/api/v1/docs"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; connect-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
FILE_SECONDS: Final = 3_600
"""How long a browser may keep a file."""
_TYPES: Final = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

FILES: Final = {
    "swagger-ui.css": PACKAGES / "swagger-ui-dist" / "swagger-ui.css",
    "swagger-ui-bundle.js": PACKAGES / "swagger-ui-dist" / "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js": PACKAGES / "swagger-ui-dist" / "swagger-ui-standalone-preset.js",
    "redoc.standalone.js": PACKAGES / "redoc" / "bundles" / "redoc.standalone.js",
    "operations.js": HERE / "operations.js",
    "sockets.js": HERE / "sockets.js",
}
"""What a browser may ask for below the pages, by name."""
OPERATIONS: Final = HERE / "operations.html"
SOCKETS: Final = HERE / "sockets.html"


class Asset(msgspec.Struct, frozen=True):
    """A file as it is sent."""

    content: bytes
    compressed: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def page(path: Path) -> Asset:
    """A page, which says itself what it may load."""
    return _asset(path, ((b"content-security-policy", POLICY.encode()),))


def file(name: str) -> Asset:
    """A file that a page loads. Raises NOT_FOUND, also where the packages are not installed."""
    path = FILES.get(name)
    if path is None:
        raise ProblemError("NOT_FOUND", "there is no such file")
    return _asset(path, ((b"cache-control", b"public, max-age=%d" % FILE_SECONDS),))


@cache
def _asset(path: Path, headers: tuple[tuple[bytes, bytes], ...]) -> Asset:
    """Read when it is first asked for: most gateways never are."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ProblemError("NOT_FOUND", "the viewers are not installed here") from None
    kind = (b"content-type", _TYPES[path.suffix].encode())
    return Asset(content, gzip.compress(content), (kind, (b"vary", b"accept-encoding"), *headers))
