"""What clients send to auth and what they get back. Unknown fields are refused; success bodies are the resource itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from mycrypto.security.tokens import Role, Tier


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every request body."""


class RegisterRequest(Input, frozen=True):
    email: str
    password: str
    terms_accepted: bool
    kvkk_consent_accepted: bool
    recaptcha_token: str = ""
    legacy_recaptcha_token: str = msgspec.field(default="", name="recaptchaToken")


class VerifyEmailRequest(Input, frozen=True):
    """``email`` is compared when it is sent; the token alone decides who is meant."""

    token: str
    email: str = ""


class EmailRequest(Input, frozen=True):
    email: str


class LoginRequest(Input, frozen=True):
    email: str
    password: str


class RefreshRequest(Input, frozen=True):
    refresh_token: str


class LogoutRequest(Input, frozen=True):
    device_info: str = ""
    all_devices: bool = False


class ProfileUpdate(Input, frozen=True):
    phone: str | None


class UserSummary(msgspec.Struct, frozen=True):
    id: UUID
    email: str
    email_verified: bool


class RegisteredUser(UserSummary, frozen=True):
    created_at: datetime


class Registered(msgspec.Struct, frozen=True):
    user: RegisteredUser
    message: str


class Verified(msgspec.Struct, frozen=True):
    email: str
    email_verified: bool


class Message(msgspec.Struct, frozen=True):
    message: str


class TokenPair(msgspec.Struct, frozen=True):
    """``expires_in``: seconds of the access token's life."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: UserSummary
    token_type: str = "Bearer"  # noqa: S105 - the scheme


class SecondFactorNeeded(msgspec.Struct, frozen=True):
    """The password was right; the challenge and a code open the door."""

    challenge_token: str
    expires_in: int
    message: str
    requires_2fa: bool = True


class KycState(msgspec.Struct, frozen=True):
    status: str
    level: int


class Profile(msgspec.Struct, frozen=True):
    id: UUID
    email: str
    email_verified: bool
    phone: str | None
    roles: tuple[Role, ...]
    status: str
    kyc: KycState
    two_factor_enabled: bool
    rate_limit_tier: Tier
    created_at: datetime
    last_login_at: datetime | None
