"""What clients send to auth and what they get back. Unknown fields are refused; success bodies are the resource itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from functions.auth.rules import UserStatus
from functions.auth.store.kyc import Submission
from functions.auth.store.sessions import Device
from mycrypto.kyc import LEVEL_MAX, Rejection
from mycrypto.security.api_keys import Scope
from mycrypto.security.tokens import Role, Tier

Row = TypeVar("Row")


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every request body."""


Locale = Literal["tr", "en"]


class RegisterRequest(Input, frozen=True):
    """``locale``: the language of the mails."""

    email: str
    password: str
    terms_accepted: bool
    kvkk_consent_accepted: bool
    locale: Locale = "tr"
    recaptcha_token: str = ""
    legacy_recaptcha_token: str = msgspec.field(default="", name="recaptchaToken")


class PublicConfig(msgspec.Struct, frozen=True):
    """``recaptcha_site_key``: registration has to bring a reCAPTCHA v3 token of this site and the action ``register``; null where it does without.
    ``consent_version``: the version of the terms and of the privacy notice that a registration accepts.
    """

    recaptcha_site_key: str | None
    password_length_min: int
    password_length_max: int
    password_specials: str
    consent_version: str


class VerifyEmailRequest(Input, frozen=True):
    """``email`` is compared when it is sent; the token alone decides who is meant."""

    token: str
    email: str = ""


class EmailRequest(Input, frozen=True):
    email: str


class LoginRequest(Input, frozen=True):
    """``session``: whether the refresh token comes in the answer or, for a page of this origin, in a cookie. ``device_token``: of a trusted
    device, which skips the second step; a page's is in its cookie.
    """

    email: str
    password: str
    session: Literal["body", "cookie"] = "body"
    device_token: str = ""


class RefreshRequest(Input, frozen=True):
    """``refresh_token`` unless it is in the cookie."""

    refresh_token: str | msgspec.UnsetType = msgspec.UNSET
    session: Literal["body", "cookie"] = "body"

    @property
    def token(self) -> str:
        """The refresh token, empty where none was given."""
        return "" if self.refresh_token is msgspec.UNSET else self.refresh_token


class LogoutRequest(Input, frozen=True):
    device_info: str = ""
    all_devices: bool = False


class ProfileUpdate(Input, frozen=True):
    """``password``: the current one. An access token alone must not change the user's phone number."""

    phone: str | None
    password: str


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
    """``expires_in``: seconds of the access token's life. ``device_token``: where the device is trusted from now on; shown once."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: UserSummary
    token_type: str = "Bearer"  # noqa: S105 - the scheme
    device_token: str | msgspec.UnsetType = msgspec.UNSET


class PageSession(msgspec.Struct, frozen=True):
    """A pair of tokens whose refresh token is in the cookie that came with this answer."""

    access_token: str
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
    locale: Locale
    time_zone: str
    anti_phishing_word_set: bool


class Session(Device, frozen=True):
    """A live session; ``current`` is the one that asks."""

    current: bool


class PasswordResetRequest(Input, frozen=True):
    """Without ``token`` the mail is asked for; with it the new password is set, as by the confirm route."""

    email: str = ""
    token: str = ""
    new_password: str = ""
    confirm_password: str = ""


class PasswordResetConfirm(Input, frozen=True):
    token: str
    new_password: str
    confirm_password: str


class PasswordChange(Input, frozen=True):
    current_password: str
    new_password: str
    confirm_password: str


class TwoFactorEnrolment(Input, frozen=True):
    setup_token: str
    code: str


class TwoFactorVerify(Input, frozen=True):
    """With a challenge: the second step of a log-in. Without: a step-up of the session whose access token is sent. ``trust_device``, at a
    log-in: this device skips the step for thirty days.
    """

    code: str
    challenge_token: str = ""
    session: Literal["body", "cookie"] = "body"
    trust_device: bool = False


class PasswordOnly(Input, frozen=True):
    """The password once more: an access token alone is not enough for this."""

    password: str


class ConfirmWithPassword(Input, frozen=True):
    password: str
    code: str


class SecondFactorSetup(msgspec.Struct, frozen=True):
    """``qr_code`` is a PNG data URI of the otpauth address."""

    qr_code: str
    manual_entry_key: str
    setup_token: str


class BackupCodes(msgspec.Struct, frozen=True):
    backup_codes: list[str]


class StepUp(msgspec.Struct, frozen=True):
    """``expires_in``: seconds for which the second factor counts as fresh in this session."""

    valid: bool
    expires_in: int


class SecondFactorState(msgspec.Struct, frozen=True):
    is_enabled: bool
    enabled_at: datetime | None
    backup_codes_remaining: int


class ApiKeyRequest(Input, frozen=True):
    """``password``: once more, an access token alone makes no keys. ``public_key``: an Ed25519 or RSA key in PEM that the Binance-compatible API is to
    check signatures with; there is no secret then.
    """

    label: str
    scopes: list[Scope]
    password: str
    ip_list: list[str] = []
    expires_in_days: int | None = None
    public_key: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class ApiKeyCreated(msgspec.Struct, frozen=True):
    """``secret`` is shown here and never again; it is empty for a key whose owner signs with one of their own."""

    id: UUID
    key_id: str
    secret: str
    label: str
    scopes: list[Scope]
    ip_list: list[str]
    created_at: datetime
    expires_at: datetime | None


class RolesChange(Input, frozen=True):
    roles: list[Role]
    reason: str


class TierChange(Input, frozen=True):
    tier: Tier
    reason: str


class StatusChange(Input, frozen=True):
    status: UserStatus
    reason: str


class PageQuery(Input, frozen=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    offset: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class UsersQuery(PageQuery, frozen=True):
    id: UUID | None = None
    email: str = ""
    phone: str = ""
    name: str = ""
    kyc_level: Annotated[int, msgspec.Meta(ge=0, le=LEVEL_MAX)] | None = None
    role: Role | None = None
    status: UserStatus | None = None


class Pagination(msgspec.Struct, frozen=True):
    limit: int
    offset: int
    total: int


class Listed(msgspec.Struct, Generic[Row], frozen=True):
    """The form of every list."""

    data: list[Row]
    pagination: Pagination


class KycSubmitted(msgspec.Struct, frozen=True):
    id: UUID
    status: str
    estimated_review_time: str
    mks_verified: bool
    submitted_at: datetime


class KycStatus(msgspec.Struct, frozen=True):
    """``status`` is NOT_STARTED before the first application; ``estimated_hours`` is the time until a decision; ``rejection_reason`` is in the language of
    the profile, with what the reviewer added.
    """

    id: UUID | None
    level: int | None
    status: str
    submitted_at: datetime | None
    reviewed_at: datetime | None
    rejection_code: Rejection | None
    rejection_reason: str | None
    estimated_hours: int = 0
    documents: list[dict[str, str]] = []


class KycLimits(msgspec.Struct, frozen=True):
    """The value of fiat and crypto in TRY, per Turkish day and month, as decimal strings; -1 is without limit. What is left of them the wallet knows."""

    level: int
    daily_deposit_limit: str
    daily_withdrawal_limit: str
    monthly_deposit_limit: str
    monthly_withdrawal_limit: str
    trading_limit: str
    is_approved: bool


class KycDecision(Input, frozen=True):
    """A rejection has a code, or the reviewer's own words (then the code is OTHER), or both."""

    approve: bool
    reason: str = ""
    rejection_code: Literal["UNREADABLE_DOCUMENT", "DATA_MISMATCH", "POOR_PHOTO", "EXPIRED_DOCUMENT", "OTHER"] = "OTHER"


class KycReview(msgspec.Struct, frozen=True):
    """For reviewers only. ``document_links`` open for five minutes."""

    submission: Submission
    tc_kimlik_no: str
    id_of_another_account: bool
    document_links: dict[str, str]
