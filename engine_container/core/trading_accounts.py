"""A user's account at a symbol: opened with the first order there, with the rates that the user pays."""

from __future__ import annotations

from engine_container.core.balances import Rates
from engine_container.core.entities import Symbol, TradingAccount, User
from engine_container.core.funds import balance_of
from engine_container.core.state import State


def account_of(state: State, user: User, name: str) -> TradingAccount | None:
    """The user's account at the symbol, opened at the first order; ``None`` if no such symbol is listed."""
    account = user.accounts.get(name)
    if account is None:
        symbol = state.symbols.get(name)
        if symbol is None:
            return None
        base = balance_of(state, user, symbol.base)
        account = TradingAccount(user, symbol, base, balance_of(state, user, symbol.quote), rates_of(user, symbol))
        user.accounts[name] = account
    user.last_account = account
    return account


def rates_of(user: User, symbol: Symbol) -> Rates:
    """The user's own rates where set, else the symbol's."""
    if user.maker_fee_ppm < 0 and user.taker_fee_ppm < 0:
        return symbol.rates
    maker = user.maker_fee_ppm if user.maker_fee_ppm >= 0 else symbol.maker_fee_ppm
    taker = user.taker_fee_ppm if user.taker_fee_ppm >= 0 else symbol.taker_fee_ppm
    return Rates(maker, taker)
