"""A command that cannot be carried out: an event says that it failed, and its market halts.

A command fails where the core finds an impossible state or raises any other unexpected exception: a defect. The state may then be half changed, so
the engine builds the state before the command again from the log (:mod:`engine_container.engine.replica`) and carries out the record once more,
knowing which command failed. The functions here start from a whole state. Every replica reaches the same result by itself, because the same command
fails in each of them. For that reason the repair of such a defect waits for SetRules, like any other change of behaviour.
"""

from __future__ import annotations

from typing import Final

from engine_container.core.cancelling import find
from engine_container.core.completion import complete
from engine_container.core.entities import Event, InvariantError, Symbol
from engine_container.core.events import Events
from engine_container.core.state import State
from engine_container.core.statuses import FROZEN, clear_orders, enter
from engine_container.core.vocabulary import DELISTED, HALTED, TAG_FAILED, TAG_TRANSFER_REFUSED
from mycrypto.contracts.commands import AmendOrder, CancelOrder, Command, Credit, Debit, PlaceOco, ReplaceOrder

FAILED: Final = "COMMAND_FAILED"
"""The code of the refusal, and the reason of the halt."""
TIME: Final = "TimePassed"
"""In place of a command's name: what came due before a record's commands."""

HALT: Final = 0
"""Its market halts, and its orders are cancelled as in every halt."""
FREEZE: Final = 1
"""To cancel them is what fails: the market halts, and its orders stay as they are until an operator opens it or they can be cancelled."""
TELL: Final = 2
"""Not even that works: nothing is done but to say that the command failed."""
WHAT_MAX: Final = 200


class Failure:
    """One command of a record, or what was due before (index -1), that failed.

    ``market`` is the index of the symbol that was worked on, -1 where none was. Each time that what is done about a failure fails in turn, ``grade``
    is one more.
    """

    __slots__ = ("grade", "index", "market", "what")

    def __init__(self, index: int, market: int, what: str, grade: int = HALT) -> None:
        self.index = index
        self.market = market
        self.what = what
        self.grade = grade


def failure_of(state: State, error: Exception) -> Failure:
    """What failed, from the state as the error left it."""
    # the text of an error that is not ours may differ between a compiled and an interpreted core, and the event must not
    what = str(error) if isinstance(error, InvariantError) else type(error).__name__
    return Failure(int(state.current), int(state.market), what[:WHAT_MAX])


def fail(state: State, command: Command | None, failure: Failure) -> list[Event]:
    """The events of a command that failed (``None``: of time that passed), on the state as it was before it."""
    events = Events()
    closed = Events()
    state.serial += 1
    symbol = market_of(state, command, failure)
    name = TIME if command is None else type(command).__name__
    events.append((TAG_FAILED, name, user_id_of(command), symbol.name if symbol is not None else "", FAILED, failure.what))
    if isinstance(command, (Credit, Debit)) and command.transfer_id not in state.transfers:
        # refused for good: were it sent again and carried out, the wallet, which has heard of the refusal, would not expect it
        state.transfers[command.transfer_id] = 0
        details: dict[str, int | str] = {"amount": command.amount}
        events.append((TAG_TRANSFER_REFUSED, command.transfer_id, command.user_id, command.asset, command.amount, FAILED, details))
    if symbol is not None and symbol.status != DELISTED and failure.grade < TELL:
        enter(state, symbol, HALTED, FAILED if failure.grade == HALT else FROZEN, 0, b"", events)
        if failure.grade == HALT:
            clear_orders(state, symbol, "HALT", closed)
    complete(state, events, closed)
    return events.rows


def user_id_of(command: Command | None) -> bytes:
    """The user who asked for the command; b"" where it has no user."""
    if isinstance(command, PlaceOco):
        return command.first.user_id
    if isinstance(command, ReplaceOrder):
        return command.replacement.user_id
    user_id: bytes = getattr(command, "user_id", b"")
    return user_id


def market_of(state: State, command: Command | None, failure: Failure) -> Symbol | None:
    """The market that was worked on when it failed, else the one that the command means."""
    if failure.grade == TELL:
        return None
    if 0 <= failure.market < len(state.symbols_by_index):
        return state.symbols_by_index[failure.market]
    if isinstance(command, PlaceOco):
        return state.symbols.get(command.first.symbol)
    if isinstance(command, ReplaceOrder):
        return state.symbols.get(command.replacement.symbol)
    if isinstance(command, (CancelOrder, AmendOrder)):
        user = state.users.get(command.user_id)
        order = find(state, user, command.order_number, command.client_order_id) if user is not None else None
        return order.account.symbol if order is not None else None
    name: str = getattr(command, "symbol", "")
    return state.symbols.get(name)


def is_time_lost(failures: list[Failure], index: int) -> bool:
    """Whether what is due cannot be done at all: it fails outside of any market, or though its market was frozen."""
    return len([True for failure in failures if failure.index == index and (failure.market < 0 or failure.grade == TELL)]) > 0
