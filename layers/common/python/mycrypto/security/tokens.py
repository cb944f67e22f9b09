"""Access and refresh tokens: JSON Web Tokens signed with RS256 and nothing else.

``verify_access`` is what authorizer, functions and gateway all use; it checks form, algorithm, signature, issuer, audience, type and
life. Whether a good token was revoked meanwhile is asked of ``mycrypto.security.revocation``.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mycrypto.errors import ProblemError
from mycrypto.security.keys import ALGORITHM, SigningKey

ISSUER: Final = "mycrypto"
AUDIENCE: Final = "mycrypto"
ACCESS_LIFE_S: Final = 15 * 60
REFRESH_LIFE_S: Final = 30 * 24 * 3600
TOKEN_LENGTH_MAX: Final = 8_192


class TokenType(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


class Tier(StrEnum):
    """Rate-limit tier of a user."""

    FREE = "free"
    BASIC = "basic"
    PRO = "pro"
    VIP = "vip"


class Role(StrEnum):
    USER = "USER"
    ADMIN = "ADMIN"
    SUPPORT = "SUPPORT"


class Identity(msgspec.Struct, frozen=True):
    """What a token says about its user."""

    user_id: UUID
    email: str
    roles: tuple[Role, ...] = (Role.USER,)
    tier: Tier = Tier.FREE
    kyc_level: int = 0
    two_factor: bool = False
    """The user has a second factor and showed it at log-in."""


class Claims(msgspec.Struct, frozen=True):
    """The content of a token. ``iat`` and ``exp`` are epoch seconds; ``iat_ms`` is the same moment as ``iat`` in milliseconds.

    The milliseconds are there because revocation is by moment: a log-in in the same second as a cut-off, but after it, must hold.
    """

    iss: str
    aud: str
    sub: UUID
    email: str
    roles: tuple[Role, ...]
    tier: Tier
    kyc_level: int
    type: TokenType
    jti: UUID
    sid: UUID
    iat: int
    exp: int
    iat_ms: int
    two_factor: bool = False

    @property
    def identity(self) -> Identity:
        return Identity(self.sub, self.email, self.roles, self.tier, self.kyc_level, self.two_factor)

    def has_role(self, role: Role) -> bool:
        return role in self.roles


class SignedToken(msgspec.Struct, frozen=True):
    """A token as sent, and what is in it."""

    text: str
    claims: Claims


def invalid_token(detail: str = "") -> ProblemError:
    """The refusal of a token. ``WWW-Authenticate`` is what RFC 6750 asks for."""
    return ProblemError("INVALID_TOKEN", detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _sign(key: SigningKey, identity: Identity, kind: TokenType, session_id: UUID, now_ms: int, life_s: int) -> SignedToken:
    issued_s = now_ms // 1000
    claims = Claims(
        iss=ISSUER,
        aud=AUDIENCE,
        sub=identity.user_id,
        email=identity.email,
        roles=identity.roles,
        tier=identity.tier,
        kyc_level=identity.kyc_level,
        type=kind,
        jti=uuid4(),
        sid=session_id,
        iat=issued_s,
        exp=issued_s + life_s,
        iat_ms=now_ms,
        two_factor=identity.two_factor,
    )
    text = jwt.encode(msgspec.to_builtins(claims), key.private_key, algorithm=ALGORITHM, headers={"kid": key.kid})
    return SignedToken(text, claims)


def sign_access(key: SigningKey, identity: Identity, *, session_id: UUID, now_ms: int, life_s: int = ACCESS_LIFE_S) -> SignedToken:
    """A token that opens the API for ``life_s`` seconds from ``now_ms`` (epoch milliseconds)."""
    return _sign(key, identity, TokenType.ACCESS, session_id, now_ms, life_s)


def sign_refresh(key: SigningKey, identity: Identity, *, session_id: UUID, now_ms: int, life_s: int = REFRESH_LIFE_S) -> SignedToken:
    """A token that buys one new pair; store only its ``fingerprint``."""
    return _sign(key, identity, TokenType.REFRESH, session_id, now_ms, life_s)


def fingerprint(token: str) -> str:
    """SHA-256 of a token in hex: what is stored of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _verify(token: str, keys: Mapping[str, RSAPublicKey], kind: TokenType, now_s: int | None) -> Claims:
    if not token or len(token) > TOKEN_LENGTH_MAX:
        raise invalid_token("the token has no valid form")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise invalid_token("the token has no valid form") from None
    if header.get("alg") != ALGORITHM:
        raise invalid_token("the token's algorithm is not accepted")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise invalid_token("the token names no key")
    try:
        key = keys[kid]
    except KeyError:
        raise invalid_token("the token's key is not known") from None
    try:
        # life is checked below against the caller's clock; everything else here
        payload = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        claims = msgspec.convert(payload, Claims)
    except (jwt.PyJWTError, msgspec.ValidationError):
        raise invalid_token("the token is not ours") from None
    if claims.type is not kind:
        raise invalid_token(f"not an {kind.value} token" if kind is TokenType.ACCESS else f"not a {kind.value} token")
    if (int(time.time()) if now_s is None else now_s) >= claims.exp:
        raise invalid_token("the token has expired")
    return claims


def verify_access(token: str, keys: Mapping[str, RSAPublicKey], *, now_s: int | None = None) -> Claims:
    """The claims of a good access token. Raises INVALID_TOKEN for anything else. ``now_s``: epoch seconds, default the clock."""
    return _verify(token, keys, TokenType.ACCESS, now_s)


def verify_refresh(token: str, keys: Mapping[str, RSAPublicKey], *, now_s: int | None = None) -> Claims:
    """The claims of a good refresh token. Raises INVALID_TOKEN for anything else, an access token included."""
    return _verify(token, keys, TokenType.REFRESH, now_s)


def bearer(authorization: str | None) -> str:
    """The token of an ``Authorization: Bearer`` header. Raises UNAUTHORIZED when there is none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ProblemError("UNAUTHORIZED", "send an Authorization: Bearer header", headers={"WWW-Authenticate": "Bearer"})
    return token.strip()


def parse_roles(text: str | Sequence[str]) -> tuple[Role, ...]:
    """Roles of a comma list (the authorizer's context) or of a database array; unknown names give nothing."""
    names = text.split(",") if isinstance(text, str) else text
    return tuple(Role(name) for name in names if name in Role.__members__)
