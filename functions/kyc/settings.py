"""The environment of the KYC worker."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """``clamd_address`` is HOST:PORT of a ClamAV daemon. Stage local does without one and looks for the test virus alone."""

    stage: str
    database_url: str
    kyc_bucket: str
    two_factor_secret_name: str
    database_secret_name: str = ""
    clamd_address: str = ""
    register_url: str = ""
    """Of the population register; without it people alone compare."""
