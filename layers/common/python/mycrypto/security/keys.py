"""RSA keys of the tokens: made, stored as PEM with their kid, published as a key set, looked up by kid while they rotate.

Auth signs with the newest key of the secret ``mycrypto/{stage}/jwt``, which no other component may read. The others know public keys only: the
authorizer from the secret ``mycrypto/{stage}/public-keys``, the gateways from auth. They fetch the keys again when a token names a kid that is not
known yet, so a rotation needs no restart and no order of deployment.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

KEY_BITS: Final = 4096
KEY_BITS_MIN: Final = 2048
PUBLIC_EXPONENT: Final = 65_537
ALGORITHM: Final = "RS256"


class KeyMaterialError(ValueError):
    """A key or key set cannot be used; the message says which and why, never its content."""


class SigningKey(msgspec.Struct, frozen=True):
    """A private key and the kid that its tokens carry."""

    kid: str
    private_key: RSAPrivateKey

    @property
    def public_key(self) -> RSAPublicKey:
        return self.private_key.public_key()


class StoredKey(msgspec.Struct, frozen=True):
    """One entry of the secret's ``keys`` list, newest first."""

    kid: str
    private_pem: str
    public_pem: str
    created_at: str


class StoredKeys(msgspec.Struct, frozen=True):
    keys: list[StoredKey]


class PublishedKey(msgspec.Struct, frozen=True):
    """One RSA key of a JSON Web Key Set (RFC 7517). Unknown members are ignored, as the standard asks."""

    kty: str
    kid: str = ""
    n: str = ""
    e: str = ""
    use: str = "sig"
    alg: str = ALGORITHM


class PublishedKeys(msgspec.Struct, frozen=True):
    keys: list[PublishedKey]


def thumbprint(key: RSAPublicKey) -> str:
    """The key's RFC 7638 thumbprint (SHA-256, base64url): its kid, the same wherever it is computed."""
    members = RSAAlgorithm.to_jwk(key, as_dict=True)
    canonical = f'{{"e":"{members["e"]}","kty":"RSA","n":"{members["n"]}"}}'
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def generate(created_at: str, bits: int = KEY_BITS) -> StoredKey:
    """A fresh key as it goes into the secret; ``created_at`` is an ISO-8601 UTC time. Takes about a second at 4096 bits."""
    private = generate_private_key(PUBLIC_EXPONENT, bits)
    return StoredKey(
        kid=thumbprint(private.public_key()),
        private_pem=private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        public_pem=private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
        created_at=created_at,
    )


def stored(secret: Mapping[str, Any]) -> list[StoredKey]:
    """The keys of the secret's JSON, newest first. Raises KeyMaterialError when there is none."""
    try:
        keys = msgspec.convert(secret, StoredKeys).keys
    except msgspec.ValidationError as error:
        raise KeyMaterialError(f"the token key secret has the wrong form: {error}") from None
    if not keys:
        raise KeyMaterialError("the token key secret holds no key")
    return sorted(keys, key=lambda key: key.created_at, reverse=True)


def signing_key(secret: Mapping[str, Any]) -> SigningKey:
    """The newest key of the secret: the only one that signs."""
    newest = stored(secret)[0]
    # we made the key ourselves; testing its primes again would cost each cold start half a second
    private = serialization.load_pem_private_key(newest.private_pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, RSAPrivateKey):
        raise KeyMaterialError(f"key {newest.kid} is not an RSA key")
    return SigningKey(newest.kid, private)


def public_keys(secret: Mapping[str, Any]) -> dict[str, RSAPublicKey]:
    """All public keys of the secret by kid: older ones verify until their last token has expired."""
    keys: dict[str, RSAPublicKey] = {}
    for entry in stored(secret):
        public = serialization.load_pem_public_key(entry.public_pem.encode())
        if not isinstance(public, RSAPublicKey):
            raise KeyMaterialError(f"key {entry.kid} is not an RSA key")
        keys[entry.kid] = public
    return keys


def publish(keys: Mapping[str, RSAPublicKey]) -> dict[str, list[dict[str, str]]]:
    """The JSON Web Key Set of these keys, as served at /api/auth/.well-known/jwks.json."""
    documents: list[dict[str, str]] = []
    for kid, key in keys.items():
        members = RSAAlgorithm.to_jwk(key, as_dict=True)
        documents.append({"kty": "RSA", "use": "sig", "alg": ALGORITHM, "kid": kid, "n": members["n"], "e": members["e"]})
    return {"keys": documents}


def parse(document: bytes | str | Mapping[str, Any]) -> dict[str, RSAPublicKey]:
    """The usable keys of a published key set: RSA, for signatures, RS256, of at least 2048 bits; others are left out.

    Raises KeyMaterialError when the document is not a key set at all.
    """
    try:
        raw = msgspec.json.decode(document) if isinstance(document, bytes | str) else document
        entries = msgspec.convert(raw, PublishedKeys).keys
    except msgspec.MsgspecError as error:
        raise KeyMaterialError(f"not a JSON Web Key Set: {error}") from None
    keys: dict[str, RSAPublicKey] = {}
    for entry in entries:
        if entry.kty != "RSA" or not entry.kid or entry.use != "sig" or entry.alg != ALGORITHM:
            continue
        try:
            key = RSAAlgorithm.from_jwk({"kty": entry.kty, "n": entry.n, "e": entry.e})
        except (InvalidKeyError, ValueError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= KEY_BITS_MIN:
            keys[entry.kid] = key
    return keys


class KeyRing(Mapping[str, RSAPublicKey]):
    """Public keys by kid, loaded when first asked for, again when they are old, and at once for a kid that is not known.

    Unknown kids cost at most one load per ``pause_s``: a flood of forged tokens does not become a flood of loads. A load that fails
    keeps the keys that are known; it raises only when there are none.
    """

    def __init__(
        self,
        load: Callable[[], Mapping[str, RSAPublicKey]],
        *,
        age_max_s: float = 300.0,
        pause_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._age_max_s = age_max_s
        self._pause_s = pause_s
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._tried_at: float | None = None

    def _refresh(self, pause_s: float) -> None:
        with self._lock:
            now = self._clock()
            if self._tried_at is not None and self._keys and now - self._tried_at < pause_s:
                return
            self._tried_at = now
            try:
                self._keys = dict(self._load())
            except Exception:
                if not self._keys:
                    self._tried_at = None
                    raise

    def __getitem__(self, kid: str) -> RSAPublicKey:
        self._refresh(self._age_max_s)
        if kid not in self._keys:
            self._refresh(self._pause_s)
        return self._keys[kid]

    def __iter__(self) -> Iterator[str]:
        self._refresh(self._age_max_s)
        return iter(self._keys)

    def __len__(self) -> int:
        self._refresh(self._age_max_s)
        return len(self._keys)
