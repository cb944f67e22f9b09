"""Secrets that must be read again (TOTP secrets, API secrets, national ids), encrypted at rest with AES-256-GCM.

A sealed text is base64 of IV (16 bytes), tag (16 bytes) and ciphertext, and opens only with the key, for the purpose and under the label
(the owner's id) that it was sealed with: a row copied to another user opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
IV_BYTES: Final = 16
TAG_BYTES: Final = 16


class SealError(ValueError):
    """The sealed text is damaged, or was sealed with another key, purpose or label; or the key itself has the wrong form."""


def _key(text: object) -> bytes:
    try:
        key = base64.b64decode(str(text), validate=True)
    except ValueError:
        raise SealError("the sealing key is not base64") from None
    if len(key) != KEY_BYTES:
        raise SealError(f"the sealing key must have {KEY_BYTES} bytes")
    return key


class Sealer:
    """Seals with the first key and opens with any: while keys rotate, old texts stay readable."""

    def __init__(self, keys: Sequence[bytes], purpose: str) -> None:
        if not keys:
            raise SealError("there is no sealing key")
        derived = [HKDF(SHA256(), KEY_BYTES, salt=None, info=f"mycrypto {purpose}".encode()).derive(key) for key in keys]
        self._ciphers = [AESGCM(key) for key in derived]
        self._fingerprint_key = derived[-1]

    @classmethod
    def from_secret(cls, secret: Mapping[str, Any], purpose: str) -> Sealer:
        """Of the secret's JSON: ``key`` (base64, 32 bytes) and, while rotating, ``previous`` (a list of such keys, newest first)."""
        return cls([_key(secret.get("key", "")), *(_key(text) for text in secret.get("previous", ()))], purpose)

    def seal(self, text: str, label: str) -> str:
        iv = os.urandom(IV_BYTES)
        sealed = self._ciphers[0].encrypt(iv, text.encode(), label.encode())
        return base64.b64encode(iv + sealed[-TAG_BYTES:] + sealed[:-TAG_BYTES]).decode()

    def open(self, sealed: str, label: str) -> str:
        """The text again. Raises SealError."""
        try:
            raw = base64.b64decode(sealed, validate=True)
        except ValueError:
            raise SealError("the sealed text is damaged") from None
        iv, tag, body = raw[:IV_BYTES], raw[IV_BYTES : IV_BYTES + TAG_BYTES], raw[IV_BYTES + TAG_BYTES :]
        if len(tag) < TAG_BYTES:
            raise SealError("the sealed text is damaged")
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(iv, body + tag, label.encode()).decode()
            except InvalidTag:
                continue
        raise SealError("the sealed text does not open with our keys")

    def fingerprint(self, text: str) -> str:
        """A keyed digest in hex by which equal texts are found without opening any. It stays with the oldest key, so it outlives rotation."""
        return hmac.new(self._fingerprint_key, text.encode(), hashlib.sha256).hexdigest()
