"""Secrets that must be read again (TOTP secrets, API secrets, national ids), encrypted at rest with AES-256-GCM.

A sealed text is the mark of its key, a dot, and base64 of IV (16 bytes), tag (16 bytes) and ciphertext. It opens only with the key, for the purpose and
under the label (the owner's id) that it was sealed with: a row copied to another user opens nothing. The mark says which texts are still to be sealed
again after a new key has come, without opening any; texts from before there were marks have none, and are tried with every key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
IV_BYTES: Final = 16
TAG_BYTES: Final = 16
MARK_BYTES: Final = 4


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


def with_new_key(secret: Mapping[str, Any]) -> dict[str, Any]:
    """The secret's JSON with a fresh key in front. The earlier keys stay: fingerprints need the oldest, and restored backups any of them."""
    former = [base64.b64encode(key).decode() for key in _keys(secret)]
    return {**secret, "key": base64.b64encode(os.urandom(KEY_BYTES)).decode(), "previous": former}


def mark_of(key: bytes) -> str:
    """Eight hex digits that name a key and say nothing about it."""
    return HKDF(SHA256(), MARK_BYTES, salt=None, info=b"mycrypto mark").derive(key).hex()


class Sealer:
    """Seals with the first key and opens with any: while keys rotate, old texts stay readable. ``renew`` fetches the keys once more, for a text whose key
    is younger than those that were given.
    """

    def __init__(self, keys: Sequence[bytes], purpose: str, renew: Callable[[], Mapping[str, Any]] | None = None) -> None:
        self._purpose = purpose
        self._renew = renew
        self._take(keys)

    def _take(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise SealError("there is no sealing key")
        info = f"mycrypto {self._purpose}".encode()
        derived = [HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key) for key in keys]
        self.mark: str = mark_of(keys[0])
        self._ciphers = {mark_of(key): AESGCM(secret) for key, secret in zip(reversed(keys), reversed(derived), strict=True)}
        self._fingerprint_key = derived[-1]

    @classmethod
    def from_secret(cls, secret: Mapping[str, Any], purpose: str, renew: Callable[[], Mapping[str, Any]] | None = None) -> Sealer:
        """Of the secret's JSON: ``key`` (base64, 32 bytes) and, once there was another, ``previous`` (a list of such keys, newest first)."""
        return cls(_keys(secret), purpose, renew)

    def seal(self, text: str, label: str) -> str:
        iv = os.urandom(IV_BYTES)
        sealed = self._ciphers[self.mark].encrypt(iv, text.encode(), label.encode())
        return f"{self.mark}.{base64.b64encode(iv + sealed[-TAG_BYTES:] + sealed[:-TAG_BYTES]).decode()}"

    def knows(self, sealed: str) -> bool:
        """Whether the text may open: its key is one of these, or it does not say which it was sealed with."""
        mark, dot, _ = sealed.rpartition(".")
        return not dot or mark in self._ciphers

    def open(self, sealed: str, label: str) -> str:
        """The text again. Raises SealError."""
        if not self.knows(sealed) and self._renew is not None:
            self._take(_keys(self._renew()))
        mark, dot, body = sealed.rpartition(".")
        try:
            raw = base64.b64decode(body, validate=True)
        except ValueError:
            raise SealError("the sealed text is damaged") from None
        iv, tag, content = raw[:IV_BYTES], raw[IV_BYTES : IV_BYTES + TAG_BYTES], raw[IV_BYTES + TAG_BYTES :]
        if len(tag) < TAG_BYTES:
            raise SealError("the sealed text is damaged")
        named = self._ciphers.get(mark)
        for cipher in self._ciphers.values() if not dot else (named,) if named else ():
            try:
                return cipher.decrypt(iv, content + tag, label.encode()).decode()
            except InvalidTag:
                continue
        raise SealError("the sealed text does not open with our keys")

    def fingerprint(self, text: str) -> str:
        """A keyed digest in hex by which equal texts are found without opening any. It stays with the oldest key, so it outlives rotation."""
        return hmac.new(self._fingerprint_key, text.encode(), hashlib.sha256).hexdigest()


def _keys(secret: Mapping[str, Any]) -> list[bytes]:
    return [_key(secret.get("key", "")), *(_key(text) for text in secret.get("previous", ()))]
