"""The environment of auth."""

from __future__ import annotations

from typing import Literal

import msgspec

from mycrypto import settings
from mycrypto.cors import Cors
from mycrypto.proxies import Proxy
from mycrypto.ratelimit import Limit

LOCAL = "local"
_FORWARDED = "X-Forwarded-For"
_LOCAL_IP_FACTOR = 1_000


class Settings(msgspec.Struct, frozen=True):
    """Counts are of one address or one user; ``ip_limit_factor`` multiplies those per address (0: the stage's default)."""

    stage: str
    database_url: str
    redis_url: str
    jwt_secret_name: str
    two_factor_secret_name: str
    public_url: str
    database_secret_name: str = ""
    redis_secret_name: str = ""
    recaptcha_secret_name: str = ""
    recaptcha: Literal["on", "off"] = "on"
    """Off is for a stage without visitors: dev and local."""
    kyc_bucket: str = ""
    recaptcha_url: str = "https://www.google.com/recaptcha/api/siteverify"
    trusted_proxy_header: str = ""
    trusted_proxy_hops: int = 1
    allowed_origins: str = ""
    """Of pages elsewhere that may use the API from a browser, with commas."""
    ip_limit_factor: int = 0
    registrations_per_hour: int = 5
    logins_per_five_minutes: int = 20
    refreshes_per_minute: int = 10
    bad_refreshes_per_minute: int = 60
    verifications_per_hour: int = 10
    mails_per_hour: int = 3
    second_factors_per_hour: int = 50

    @property
    def cors(self) -> Cors:
        return Cors.parse(self.allowed_origins)

    @property
    def proxy(self) -> Proxy:
        """On one machine the front door says who called; elsewhere only API Gateway does, unless a header is named."""
        header = self.trusted_proxy_header or (_FORWARDED if self.stage == LOCAL else "")
        return Proxy(header, self.trusted_proxy_hops)

    def per_ip(self, name: str, count: int, seconds: int) -> Limit:
        """A limit per address. On one machine everybody, the tests included, comes from the same one."""
        factor = self.ip_limit_factor or (_LOCAL_IP_FACTOR if self.stage == LOCAL else 1)
        return Limit(f"{name}:ip", count * factor, seconds)

    @property
    def register_limit(self) -> Limit:
        return self.per_ip("register", self.registrations_per_hour, 3600)

    @property
    def login_limit(self) -> Limit:
        return self.per_ip("login", self.logins_per_five_minutes, 300)

    @property
    def refresh_limit(self) -> Limit:
        """Of one session: people behind one address of a mobile network have nothing to do with each other."""
        return Limit("refresh", self.refreshes_per_minute, 60)

    @property
    def bad_refresh_limit(self) -> Limit:
        """Of one address, for texts that are no refresh tokens of ours."""
        return self.per_ip("refresh", self.bad_refreshes_per_minute, 60)

    @property
    def verify_limit(self) -> Limit:
        return self.per_ip("verify-email", self.verifications_per_hour, 3600)

    @property
    def reset_limit(self) -> Limit:
        return self.per_ip("password-reset", self.mails_per_hour, 3600)

    @property
    def second_factor_limit(self) -> Limit:
        return self.per_ip("2fa", self.second_factors_per_hour, 3600)

    def mail_limit(self, purpose: str) -> Limit:
        """Mails of one kind to one address per hour."""
        return Limit(purpose, self.mails_per_hour, 3600)


def load() -> Settings:
    """Read the environment. Raises SettingsError; outside of stage local a reCAPTCHA secret must be named."""
    found = settings.load(Settings)
    if found.stage != LOCAL and not found.recaptcha_secret_name:
        raise settings.SettingsError("RECAPTCHA_SECRET_NAME is required outside of stage local")
    if found.recaptcha == "off" and found.stage not in {LOCAL, "dev"}:
        raise settings.SettingsError("RECAPTCHA may be off in the stages local and dev only")
    return found
