"""Listing a symbol and changing its rules; its status, the halt of everything, and what happens when a status ends by itself."""

from __future__ import annotations

from engine_container.core.auction import uncross
from engine_container.core.balances import Rates
from engine_container.core.entities import Details, Symbol
from engine_container.core.events import Events
from engine_container.core.expiry import DAY_MINUTES
from engine_container.core.funds import total_of
from engine_container.core.idempotency import answered, remember_command
from engine_container.core.limits import set_band
from engine_container.core.state import RULES_OF_SAFETY, State
from engine_container.core.statuses import announce_symbol, clear_orders, enter
from engine_container.core.trading_accounts import rates_of
from engine_container.core.vocabulary import ACTIVE, AMOUNT_MAX, AUCTION, BPS, DELISTED, HALTED, TAG_REFUSED, UNITS
from mycrypto.contracts.commands import Halt, Resume, SetStatus, SetSymbol, fields_of

FEE_PPM_MAX = 100_000
"""10 %."""

VALUED_IN = "USDT"
"""Daily turnover is counted in this asset."""


def set_symbol(state: State, command: SetSymbol, events: Events) -> None:
    """Carry out a SetSymbol command."""
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    symbol = state.symbols.get(command.symbol)
    refusal = _refusal(command, symbol)
    if refusal is not None:
        events.append((TAG_REFUSED, "VALIDATION_ERROR", refusal))
        return
    if symbol is None:
        total_of(state, command.base)
        quote_total = total_of(state, command.quote)
        symbol = Symbol(len(state.symbols_by_index), command.symbol, command.base, command.quote, quote_total)
        state.symbols[command.symbol] = symbol
        state.symbols_by_index.append(symbol)
        _value(state)
    _change(state, symbol, command)
    announce_symbol(symbol, command.actor_id, events)


def _refusal(command: SetSymbol, symbol: Symbol | None) -> Details | None:
    """Why the rules cannot be: which field, and what it must be."""
    checks = (
        ("symbol", bool(command.symbol and command.base and command.quote and command.base != command.quote), "two different assets"),
        ("tick", command.tick > 0 and command.lot > 0, "tick and lot greater than zero"),
        ("lot", command.tick * command.lot % UNITS == 0, "tick x lot a whole number of quote units"),
        ("quantity_min", command.quantity_min > 0 and command.quantity_min % max(1, command.lot) == 0, "a whole number of lots"),
        (
            "quantity_max",
            command.quantity_max >= command.quantity_min and command.quantity_max % max(1, command.lot) == 0,
            "a whole number of lots, not below the minimum",
        ),
        ("notional_min", command.notional_min >= 0, "not negative"),
        (
            "quantity_max",
            max(command.tick, command.lot, command.quantity_max, command.notional_min, command.breaker_halt_ms) <= AMOUNT_MAX,
            f"no figure above {AMOUNT_MAX}",
        ),
        ("band_bps", 0 <= command.band_bps < BPS, "0 to 9999"),
        ("breaker_bps", 0 <= command.breaker_bps < BPS and command.breaker_halt_ms >= 0, "0 to 9999, and a halt of no negative time"),
        ("fees", 0 <= command.maker_fee_ppm <= FEE_PPM_MAX and 0 <= command.taker_fee_ppm <= FEE_PPM_MAX, "0 to 100000"),
        (
            "hours",
            -1 <= command.opens_minute < DAY_MINUTES
            and -1 <= command.closes_minute < DAY_MINUTES
            and (command.opens_minute < 0) == (command.closes_minute < 0),
            "two minutes of the day, or -1 and -1",
        ),
    )
    for field, holds, expected in checks:
        if not holds:
            return {"field": field, "expected": expected}
    if symbol is None:
        return None
    if symbol.base != command.base or symbol.quote != command.quote:
        return {"field": "base", "expected": "the assets of a listed symbol stay"}
    rests = symbol.bids.best is not None or symbol.asks.best is not None or len(symbol.waiting) > 0
    if rests and (symbol.tick != command.tick or symbol.lot != command.lot):
        return {"field": "tick", "expected": "tick and lot stay while orders are open"}
    return None


def _change(state: State, symbol: Symbol, command: SetSymbol) -> None:
    symbol.last_price = int(symbol.last_price) * int(symbol.tick) // command.tick
    symbol.tick = command.tick
    symbol.lot = command.lot
    symbol.unit = min(command.tick * command.lot // UNITS, AMOUNT_MAX + 1)  # no order may be worth even one lot at one tick beyond that
    symbol.lots_min = command.quantity_min // command.lot
    symbol.lots_max = command.quantity_max // command.lot
    symbol.notional_min = command.notional_min
    symbol.band_bps = command.band_bps
    symbol.maker_fee_ppm = command.maker_fee_ppm
    symbol.taker_fee_ppm = command.taker_fee_ppm
    symbol.rates = Rates(command.maker_fee_ppm, command.taker_fee_ppm)
    symbol.breaker_bps = command.breaker_bps
    symbol.breaker_halt_ms = command.breaker_halt_ms
    symbol.opens_minute = command.opens_minute
    symbol.closes_minute = command.closes_minute
    set_band(symbol)
    symbol.window.clear()
    symbol.window_second = -1
    for user in state.users.values():
        account = user.accounts.get(symbol.name)
        if account is not None:
            account.rates = rates_of(user, symbol)


def _value(state: State) -> None:
    """Find for every symbol the pair that values its turnover."""
    for symbol in state.symbols_by_index:
        symbol.valued_by = None if symbol.quote == VALUED_IN else state.symbols.get(f"{VALUED_IN}/{symbol.quote}")


def set_status(state: State, command: SetStatus, events: Events, closed: Events) -> None:
    """Carry out a SetStatus command. From AUCTION to ACTIVE the auction is held."""
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    symbol = state.symbols.get(command.symbol)
    if symbol is None:
        events.append((TAG_REFUSED, "ORDER_001", {"symbol": command.symbol}))
        return
    if symbol.status == DELISTED:
        events.append((TAG_REFUSED, "MARKET_CLOSED", {"symbol": symbol.name, "symbol_status": DELISTED}))
        return
    status = int(command.status)
    if command.resume_ms != 0 and command.resume_ms <= int(state.now_ms) and state.rules >= RULES_OF_SAFETY:
        details: Details = {"field": "estimated_resume", "expected": "a time to come"}
        events.append((TAG_REFUSED, "VALIDATION_ERROR", details))
        return
    if status == ACTIVE and symbol.status == AUCTION:
        open_market(state, symbol, command.reason, command.actor_id, events, closed)
        return
    if status != ACTIVE and (symbol.status != status or status != AUCTION):
        clear_orders(state, symbol, "HALT", closed)
    enter(state, symbol, status, command.reason, command.resume_ms, command.actor_id, events)


def open_market(state: State, symbol: Symbol, reason: str, actor_id: bytes, events: Events, closed: Events) -> None:
    """End a call phase or a halt: hold the auction if there is one, then trade continuously."""
    state.market = symbol.index
    if symbol.status == AUCTION:
        uncross(state, symbol, events, closed)
    enter(state, symbol, ACTIVE, reason, 0, actor_id, events)
    if state.rules >= RULES_OF_SAFETY and symbol.waiting and symbol.last_price > 0:
        _show_last_price(state, symbol)


def _show_last_price(state: State, symbol: Symbol) -> None:
    """Have orders that came while nothing traded look at the last price when trading begins: to them it is new, though it may not change now."""
    if not symbol.prints:
        state.moved.append(symbol)
    symbol.prints.append(symbol.last_price)


def halt_all(state: State, command: Halt, events: Events, closed: Events) -> None:
    """Carry out a Halt command: every symbol that trades, or is about to, halts."""
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    for symbol in state.symbols_by_index:
        if symbol.status in {ACTIVE, AUCTION} or (symbol.status == HALTED and symbol.resume_ms > 0):
            enter(state, symbol, HALTED, command.reason, 0, command.actor_id, events)
            symbol.halted_with_all = True
            clear_orders(state, symbol, "HALT", closed)


def resume_all(state: State, command: Resume, events: Events) -> None:
    """Carry out a Resume command: what Halt halted trades again."""
    content = fields_of(command)
    if answered(state, command.command_id, content, events):
        return
    remember_command(state, command.command_id, content)
    for symbol in state.symbols_by_index:
        if symbol.halted_with_all:
            enter(state, symbol, ACTIVE, command.reason, 0, command.actor_id, events)


def end_statuses(state: State, events: Events, closed: Events) -> None:
    """Halts and call phases whose time has come end."""
    state.timed = False
    for symbol in state.symbols_by_index:
        if symbol.resume_ms == 0:
            continue
        if symbol.resume_ms <= int(state.now_ms) and symbol.status not in {ACTIVE, DELISTED}:
            open_market(state, symbol, "RESUMED", b"", events, closed)
        if symbol.resume_ms > 0:
            state.timed = True
