"""The reCAPTCHA v3 check: score at least one half, within five seconds, or no."""

from __future__ import annotations

import urllib.parse
import urllib.request
from decimal import Decimal
from typing import Final

import msgspec
from botocore.exceptions import ClientError

from functions.auth.context import Context
from mycrypto.errors import ProblemError

SCORE_MIN: Final = Decimal("0.5")
TIMEOUT_S: Final = 5
ANSWER_BYTES_MAX: Final = 16_384
ACTION: Final = "register"


class Answer(msgspec.Struct, frozen=True):
    """What the verifier says. Members that we do not judge are ignored."""

    success: bool
    score: Decimal = Decimal(0)
    action: str = ""


def passes(answer: Answer) -> bool:
    """Whether a request with this answer may go on. If the answer names an action, it must be ours."""
    return answer.success and answer.score >= SCORE_MIN and answer.action in {"", ACTION}


def site_key(context: Context) -> str | None:
    """The public key that a page asks reCAPTCHA with; ``None`` and errors as for the secret."""
    return _member(context, "site_key")


def _member(context: Context, member: str) -> str | None:
    """A part of the site's secret; ``None`` where the check is switched off, and in stage local where it may be absent. Raises SERVICE_UNAVAILABLE while the
    operator has not brought the secret.
    """
    if context.settings.recaptcha == "off":
        return None
    name = context.settings.recaptcha_secret_name
    if not name and context.settings.is_local:
        return None
    try:
        return str(context.read_secret(name)[member])
    except (ClientError, KeyError, ValueError) as error:
        if context.settings.is_local and isinstance(error, ClientError) and error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        context.logger.exception(
            "the secret of the reCAPTCHA site cannot be read: put it with site_key and secret into the secret store, or deploy with recaptcha=off",
            member=member,
        )
        raise ProblemError("SERVICE_UNAVAILABLE", "registration is not open yet") from error


def ask(url: str, secret: str, token: str, ip: str) -> Answer:
    """Put the question. Raises OSError or ValueError when there is no usable answer in time."""
    form = urllib.parse.urlencode({"secret": secret, "response": token, "remoteip": ip}).encode()
    with urllib.request.urlopen(url, data=form, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the address is the operator's setting
        return msgspec.json.decode(answer.read(ANSWER_BYTES_MAX), type=Answer)


def require(context: Context, token: str, ip: str) -> None:
    """Raises RECAPTCHA_FAILED unless the verifier vouches for the token; an outage of the verifier is a no."""
    secret = _member(context, "secret")
    if secret is None:
        return
    try:
        good = bool(token) and passes(ask(context.settings.recaptcha_url, secret, token, ip))
    except (OSError, ValueError) as error:
        context.logger.warning("the reCAPTCHA verifier gave no answer", error=str(error))
        good = False
    if not good:
        raise ProblemError("RECAPTCHA_FAILED")
