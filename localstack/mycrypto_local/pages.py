"""The built pages as the front door serves them: files by name, and the app's page for every address that a person may open."""

from __future__ import annotations

import gzip
import mimetypes
from pathlib import Path
from typing import Final

import msgspec

from mycrypto import page_policy

RESERVED: Final = ("/api", "/ws", "/health", "/ready", "/metrics", "/local")
"""Paths that are no page's, with all below them."""
FOREVER: Final = "public, max-age=31536000, immutable"
PACKED: Final = {".html", ".js", ".css", ".svg", ".json", ".txt"}
LOCAL_PICTURES: Final = ("http://localhost:*", "http://127.0.0.1:*")
"""Where the emulator's S3 answers: pictures of identity cards come from there."""


class File(msgspec.Struct, frozen=True):
    body: bytes
    packed: bytes | None
    headers: tuple[tuple[bytes, bytes], ...]


class Pages:
    """What is in ``folder``, read again when its mark changes; nothing while there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp = 0
        self._files: dict[str, File] = {}

    def answer(self, path: str, *, html: bool, packed: bool) -> tuple[bytes, list[tuple[bytes, bytes]]] | None:
        """Body and headers of the file at ``path``, or of the page that shows this address to who takes ``html``; ``None`` where it is no page's."""
        if any(path == name or path.startswith(name + "/") for name in RESERVED):
            return None
        self._read()
        file = self._files.get(path)
        if (file is None or path in {"/index.html", "/ops.html", "/register.html"}) and html:
            file = self._files.get(_page_of(path))
        if file is None:
            return None
        if packed and file.packed is not None:
            return file.packed, [*file.headers, (b"content-encoding", b"gzip")]
        return file.body, list(file.headers)

    def _read(self) -> None:
        mark = self._folder / ".built"
        stamp = mark.stat().st_mtime_ns if mark.exists() else 0
        if stamp == self._stamp:
            return
        found = [path for path in self._folder.rglob("*") if path.is_file() and not path.name.startswith(".")] if stamp else []
        self._files = {"/" + path.relative_to(self._folder).as_posix(): _file(path) for path in found}
        self._stamp = stamp


def _page_of(path: str) -> str:
    """The page that shows an address."""
    if path == "/ops" or path.startswith("/ops/"):
        return "/ops.html"
    return "/register.html" if path in page_policy.REGISTRATION_PATHS else "/index.html"


def _policy_of(name: str) -> str:
    if name == "register.html":
        return page_policy.registration_policy()
    return page_policy.content_security_policy(*(LOCAL_PICTURES if name == "ops.html" else ()))


def _file(path: Path) -> File:
    body = path.read_bytes()
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    text = path.suffix in PACKED
    headers = [("content-type", f"{media}; charset=utf-8" if text else media), *page_policy.HEADERS]
    headers.append(("cache-control", FOREVER if path.parent.name == "assets" else "no-cache"))
    if path.suffix == ".html":
        headers.append(("content-security-policy", _policy_of(path.name)))
    if text:
        headers.append(("vary", "accept-encoding, accept"))
    return File(body, gzip.compress(body) if text else None, tuple((name.encode(), value.encode()) for name, value in headers))
