"""What a page has to know before anyone is signed in."""

from __future__ import annotations

from functions.auth import recaptcha, rules
from functions.auth.app import context
from functions.auth.models import PublicConfig
from mycrypto import permissions
from mycrypto.http.operation import Operation
from mycrypto.http.request import Request


@Operation(
    method="get",
    path="/api/auth/config",
    name="getConfig",
    summary="What the page of registration has to know: reCAPTCHA, the rules of passwords, the version of the terms",
    tag="accounts",
    answer=PublicConfig,
    errors=("SERVICE_UNAVAILABLE",),
    permission=permissions.OPEN,
)
def get_config(_: Request) -> PublicConfig:
    return PublicConfig(
        recaptcha_site_key=recaptcha.site_key(context()),
        password_length_min=rules.PASSWORD_LENGTH_MIN,
        password_length_max=rules.PASSWORD_LENGTH_MAX,
        password_specials=rules.PASSWORD_SPECIALS,
        consent_version=rules.CONSENT_VERSION,
    )
