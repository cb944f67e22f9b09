"""The environment of auth."""

from __future__ import annotations

from typing import Literal

from mycrypto import settings
from mycrypto.http.operation import RateLimit
from mycrypto.http.settings import LOCAL, ServiceSettings
from mycrypto.ratelimit import Limit

_LOCAL_IP_FACTOR = 1_000


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Counts are of one address or one user; ``ip_limit_factor`` multiplies those per address (0: the stage's default)."""

    jwt_secret_name: str
    two_factor_secret_name: str
    public_url: str
    recaptcha_secret_name: str = ""
    recaptcha: Literal["on", "off"] = "on"
    """Off is for a stage without visitors: dev and local."""
    kyc_bucket: str = ""
    links_endpoint_url: str = ""
    """Of S3 for browsers, where functions reach it by a name that only containers know; never set on AWS."""
    recaptcha_url: str = "https://www.google.com/recaptcha/api/siteverify"
    ip_limit_factor: int = 0
    registrations_per_hour: int = 5
    logins_per_five_minutes: int = 20
    refreshes_per_minute: int = 10
    bad_refreshes_per_minute: int = 60
    verifications_per_hour: int = 10
    mails_per_hour: int = 3
    second_factors_per_hour: int = 50

    def limit_of(self, declared: RateLimit) -> Limit:
        found = super().limit_of(declared)
        return self.per_ip(found.name, found.count, found.seconds) if declared.per == "address" else found

    def per_ip(self, name: str, count: int, seconds: int) -> Limit:
        """A limit per address. On one machine everybody, the tests included, comes from the same one."""
        factor = self.ip_limit_factor or (_LOCAL_IP_FACTOR if self.is_local else 1)
        return Limit(f"{name}:ip", count * factor, seconds)

    @property
    def refresh_limit(self) -> Limit:
        """Of one session: people behind one address of a mobile network have nothing to do with each other."""
        return Limit("refresh", self.refreshes_per_minute, 60)

    @property
    def bad_refresh_limit(self) -> Limit:
        """Of one address, for texts that are no refresh tokens of ours."""
        return self.per_ip("refresh", self.bad_refreshes_per_minute, 60)

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
