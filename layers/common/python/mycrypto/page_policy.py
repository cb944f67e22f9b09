"""What a browser may do with our pages: one text for the front door on one machine and for CloudFront."""

from __future__ import annotations

from typing import Final

_STRICT: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{images}; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

_REGISTRATION: Final = (
    "default-src 'none'; script-src 'self' https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob: https://www.gstatic.com/recaptcha/; font-src 'self'; connect-src 'self' https://www.google.com/recaptcha/; "
    "frame-src https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Of the page of registration alone: reCAPTCHA brings a script, a frame and styles of its own, and makes elements from strings."""
REGISTRATION_PATHS: Final = ("/kayit", "/register")

HEADERS: Final = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


def registration_policy() -> str:
    """The policy of the page that a registration is made on."""
    return _REGISTRATION


def content_security_policy(*images: str) -> str:
    """The policy of our pages; ``images``: origins besides our own that pictures may come from."""
    return _STRICT.format(images="".join(f" {origin}" for origin in images))
