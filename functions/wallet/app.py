"""What the routes of the wallet work with: one context in each execution environment."""

from __future__ import annotations

from functools import cache

from functions.wallet.context import SERVICE, Context
from functions.wallet.models import Withdrawal
from functions.wallet.settings import Settings
from mycrypto import settings, telemetry


@cache
def context() -> Context:
    """The one of this execution environment."""
    return Context.from_settings(settings.load(Settings), telemetry.logger(SERVICE), telemetry.Meter(SERVICE))


def metered(withdrawal: Withdrawal) -> Withdrawal:
    """Count a withdrawal by where it stands now."""
    context().meter.count("wallet_withdrawals_total", currency=withdrawal.currency, outcome=withdrawal.status)
    return withdrawal
