"""A command that fails is taken back whole, said, and halts its market; all else goes on, in every replica alike."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from engine_container.core.codec.snapshot_codec import Tree, load
from engine_container.core.failing import FREEZE, HALT, TELL, Failure
from engine_container.core.state import State
from engine_container.core.vocabulary import ACTIVE, HALTED
from engine_container.engine.replica import CommandRecord, EventBatch, Fault, HopelessError, Replica
from engine_container.engine.snapshots import pack, state_hash, tree_bytes, unpack
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import SymbolStatus
from tests.property.test_core_against_naive import SYMBOL as FLOW_SYMBOL
from tests.property.test_core_against_naive import USERS, Pair
from tests.property.test_core_long_flows import Flow
from tests.unit.core.faults import INTERPRETED, OTHER, FailingDesk, raising_at
from tests.unit.core.trading_desk import START_MS, SYMBOL, of, units


def log_of(*records: list[Any]) -> list[CommandRecord]:
    return [CommandRecord(place, START_MS + place, c.encode_record(commands)) for place, commands in enumerate(records)]


def followed(records: list[CommandRecord], snapshot_at: int = 0) -> tuple[Replica, list[EventBatch]]:
    """The log carried out, beginning again after each fault: from nothing, or from a snapshot of before an offset."""
    replica = Replica(0)
    batches: dict[int, EventBatch] = {}
    snapshot = pack(replica.state, 0, 0)
    begin = 0
    at = 0
    while at < len(records):
        if at == snapshot_at and begin < at:
            snapshot, begin = pack(replica.state, 0, at), at
        try:
            made = replica.process(records[at])
        except Fault as fault:
            replica.begin_again(fault, unpack(snapshot, 0)[0], begin)
            at = begin
            continue
        for batch in made:
            assert batches.setdefault(batch.first_seq, batch) == batch, "a log that is gone through again leads to the same"
        at += 1
    return replica, [batches[seq] for seq in sorted(batches)]


def events_of(batches: list[EventBatch]) -> list[Any]:
    return [event for batch in batches for _, _, event in e.decode_record(batch.payload).numbered()]


def a_log(*, place_in_record: int = 2) -> tuple[FailingDesk, list[CommandRecord]]:
    """Everything in one record, the command that fails among harmless ones; then more."""
    desk = FailingDesk()
    fails = desk.prepare()
    harmless = [desk.elsewhere(f"{100 + place}.00") for place in range(6)]
    middle = [*harmless[:place_in_record], fails, *harmless[place_in_record:4]]
    return desk, log_of(desk.sent, middle, [harmless[4]], [desk.order("al", "SELL", "1", "95.00"), harmless[5]])


@pytest.mark.parametrize("place", [0, 2, 4])
def test_one_command_fails_and_all_others_are_carried_out(place: int) -> None:
    _, records = a_log(place_in_record=place)
    replica, batches = followed(records)
    made = [(result, event) for batch in batches for _, result, event in e.decode_record(batch.payload).numbered()]
    ((result, failed),) = [(result, event) for result, event in made if isinstance(event, e.CommandFailed)]
    assert result.index == place
    assert (failed.command, failed.symbol, failed.code) == ("PlaceOrder", SYMBOL, "COMMAND_FAILED")
    assert failed.user_id.startswith(b"al")
    assert failed.what.startswith("negative balance of BTC")
    placed = [event for _, event in made if isinstance(event, e.OrderAccepted) and event.symbol == OTHER]
    assert len(placed) == 6
    (halt,) = [event for event in result.events if isinstance(event, e.SymbolChanged)]
    assert (halt.symbol, halt.status, halt.reason) == (SYMBOL, HALTED, "COMMAND_FAILED")
    assert [event.reason for event in result.events if isinstance(event, e.OrderClosed)] == ["HALT", "HALT", "HALT", "OCO"]
    assert [event.code for _, event in made if isinstance(event, e.OrderRejected)] == ["MARKET_CLOSED"]
    assert replica.state.symbols[OTHER].status == ACTIVE
    for user in replica.state.users.values():
        for asset, balance in user.balances.items():
            assert (balance.locked == 0) or (asset == "USDT" and user.user_id.startswith(b"bob"))
            assert balance.available >= 0


def test_every_replica_comes_to_the_same_whatever_it_began_with() -> None:
    _, records = a_log()
    replica, batches = followed(records)
    for snapshot_at in (1, 2, 3, 4):
        other, same = followed(records, snapshot_at)
        assert same == batches
        assert state_hash(other.state) == state_hash(replica.state)
    loaded, _ = unpack(pack(replica.state, 0, 4), 0)
    assert state_hash(loaded) == state_hash(replica.state)


def test_the_state_is_the_one_before_the_command() -> None:
    _, records = a_log()
    before: list[str] = []
    replica = Replica(0, told=lambda state, command, failure: before.append(state_hash(state)))
    expected = Replica(0)
    expected.process(records[0])
    commands = c.decode_record(records[1].payload)
    expected.process(CommandRecord(1, records[1].time_ms, c.encode_record(commands[:2])))
    replica.process(records[0])
    with pytest.raises(Fault) as caught:
        replica.process(records[1])
    replica.begin_again(caught.value)
    replica.process(records[0])
    replica.process(records[1])
    assert before == [state_hash(expected.state)]


def test_a_failed_transfer_is_refused_for_good() -> None:
    desk = FailingDesk()
    desk.fund("bob", USDT="100")
    for amount, asset in ((50, "USDT"), (70, "BTC")):
        for kind in (c.Debit, c.Credit):
            transfer = desk.new_id()
            command: Any = kind(desk.new_id(), desk.user("bob"), asset, amount, transfer)
            replica = Replica(0)
            records = log_of(desk.sent, [command], [kind(desk.new_id(), desk.user("bob"), asset, amount, transfer)])
            replica.process(records[0])
            replica.failures[1] = [Failure(0, -1, "a test")]
            before = [balance.available for user in replica.state.users.values() for balance in user.balances.values()]
            failed, refused = events_of(replica.process(records[1]))
            assert isinstance(failed, e.CommandFailed)
            assert (failed.symbol, failed.user_id) == ("", desk.user("bob"))
            assert (refused.transfer_id, refused.amount, refused.code) == (transfer, amount, "COMMAND_FAILED")
            (again,) = events_of(replica.process(records[2]))
            assert isinstance(again, e.TransferRefused)
            assert [balance.available for user in replica.state.users.values() for balance in user.balances.values()][
                : len(before)
            ] == before


def commands_of_every_kind(desk: FailingDesk, number: int) -> list[tuple[Any, str]]:
    """Each with the market that halts when it fails."""
    new, eve = desk.new_id, desk.user("eve")
    return [
        (desk.order("eve", "BUY", "1", "100.00"), SYMBOL),
        (c.CancelOrder(new(), eve, number), SYMBOL),
        (c.CancelOrder(new(), eve, 10**18), ""),
        (c.AmendOrder(new(), eve, number, "", units("1")), SYMBOL),
        (c.ReplaceOrder(new(), number, "", desk.order("eve", "BUY", "1", "100.00")), SYMBOL),
        (
            c.PlaceOco(new(), desk.order("eve", "BUY", "1", "99.00"), desk.order("eve", "BUY", "1", kind="STOP", stop_price="101.00")),
            SYMBOL,
        ),
        (c.CancelAll(new(), eve, SYMBOL), SYMBOL),
        (c.CancelAll(new(), eve), ""),
        (c.SetSymbol(new(), SYMBOL, "BTC", "USDT", **desk.rules), SYMBOL),
        (c.SetStatus(new(), SYMBOL, SymbolStatus.ACTIVE), SYMBOL),
        (c.SetUser(new(), eve), ""),
        (c.Halt(new(), "a test"), ""),
        (c.Resume(new(), "a test"), ""),
        (c.SetRules(new(), c.RULES_LATEST), ""),
        (c.Tick(b""), ""),
    ]


@pytest.mark.parametrize("kind", range(15))
@pytest.mark.parametrize("grade", [HALT, FREEZE, TELL])
def test_any_kind_of_command_can_fail(kind: int, grade: int) -> None:
    desk = FailingDesk()
    desk.fund("eve", USDT="1000", BTC="10")
    number = desk.number("eve", "SELL", "1", "100.00")
    command, market = commands_of_every_kind(desk, number)[kind]
    replica = Replica(0)
    records = log_of(desk.sent, [command])
    replica.process(records[0])
    replica.failures[1] = [Failure(0, -1, "a test", grade)]
    failed, *rest = events_of(replica.process(records[1]))
    assert (failed.command, failed.symbol) == (type(command).__name__, market if grade < TELL else "")
    halted = bool(market) and grade < TELL
    assert (replica.state.symbols[SYMBOL].status == HALTED) is halted
    assert bool(rest) is halted
    assert (replica.state.orders.find(number) is None) is (halted and grade == HALT)
    assert replica.state.symbols[OTHER].status == ACTIVE


def test_what_fails_in_turn_is_done_with_less_and_hopeless_at_last() -> None:
    desk = FailingDesk()
    (record,) = log_of([desk.elsewhere()])
    replica = Replica(0)
    for grade in (HALT, FREEZE, TELL):
        replica.begin_again(Fault(0, Failure(0, -1, "a test")))
        assert [failure.grade for failure in replica.failures[0]] == [grade]
    assert isinstance(events_of(replica.process(record))[0], e.CommandFailed)
    with pytest.raises(HopelessError):
        replica.begin_again(Fault(0, Failure(0, -1, "a test")))


def test_what_is_due_in_a_frozen_market_waits_and_everything_else_is_done() -> None:
    desk = FailingDesk()
    desk.fund("eve", USDT="1000", BTC="10")
    desk.fund("bob", USDT="1000")
    desk.now += 10
    frozen = desk.number("eve", "SELL", "1", "100.00", tif="GTD", expires_ms=desk.now + 50)
    free = desk.number("bob", "BUY", "1", "100.00", tif="GTD", expires_ms=desk.now + 50, symbol=OTHER)
    replica = Replica(0)
    records = log_of(desk.sent)
    replica.process(records[0])
    index = replica.state.symbols[SYMBOL].index
    replica.failures[1] = [Failure(-1, index, "a test", FREEZE)]
    made = events_of(replica.process(CommandRecord(1, desk.now + 100, c.encode_record([c.Tick(b"")]))))
    assert [event.command for event in of(e.CommandFailed, made)] == ["TimePassed"]
    assert [event.order for event in of(e.OrderClosed, made)] == [free]
    assert [event.symbol for event in of(e.SymbolChanged, made)] == [SYMBOL]
    assert replica.state.orders.find(frozen) is not None
    assert events_of(replica.process(CommandRecord(2, desk.now + 200, c.encode_record([c.Tick(b"")])))) == []
    again, _ = unpack(pack(replica.state, 0, 3), 0)
    assert state_hash(again) == state_hash(replica.state)
    opened = c.SetStatus(desk.new_id(), SYMBOL, SymbolStatus.ACTIVE, "mended")
    replica.process(CommandRecord(3, desk.now + 300, c.encode_record([opened])))
    made = events_of(replica.process(CommandRecord(4, desk.now + 2_000, c.encode_record([c.Tick(b"")]))))
    assert [event.order for event in of(e.OrderClosed, made)] == [frozen]


def test_what_is_due_and_fails_outside_of_any_market_is_passed_over() -> None:
    desk = FailingDesk()
    desk.fund("bob", USDT="1000")
    order = desk.number("bob", "BUY", "1", "100.00", tif="GTD", expires_ms=desk.now + 50)
    replica = Replica(0)
    replica.process(log_of(desk.sent)[0])
    replica.failures[1] = [Failure(-1, -1, "a test")]
    made = events_of(replica.process(CommandRecord(1, desk.now + 100, c.encode_record([desk.elsewhere()]))))
    assert [type(event) for event in made] == [e.CommandFailed, e.OrderAccepted, e.BalanceChanged]
    made = events_of(replica.process(CommandRecord(2, desk.now + 200, c.encode_record([c.Tick(b"")]))))
    assert [event.order for event in of(e.OrderClosed, made)] == [order]


class Injected(Pair):
    """A random flow through a replica, a record of several commands at a time; at a line of each record an error is raised."""

    def __init__(self, seed: int) -> None:
        self.seen: list[tuple[Any, Failure, str]] = []
        self.replica = Replica(0, told=lambda state, command, failure: self.seen.append((command, failure, state_hash(state))))
        self.draw = random.Random(seed)
        self.offset = 0
        super().__init__(1_000)
        self.state = self.replica.state

    def core(self, command: Any) -> list[Any]:
        self.replica.process(CommandRecord(self.offset, self.now, c.encode_record([command])))
        self.offset += 1
        return []

    def both(self, step: Any) -> None:
        self.core(self.command(step))

    def lines_of(self, record: CommandRecord, tree: Tree) -> int:
        alone = Replica(0, load(tree), self.offset)
        with raising_at(0) as lines:
            alone.process(record)
        return lines.count

    def inject(self, record: CommandRecord, tree: Tree, line: int) -> None:
        """Raise at the line, begin again, and hold what came of it against a log without the command."""
        replica = self.replica
        replica.failures.clear()
        replica.restart(load(tree), self.offset)
        self.seen.clear()
        with pytest.raises(Fault) as caught, raising_at(line):
            replica.process(record)
        assert replica.next_offset == self.offset
        replica.begin_again(caught.value, load(tree), self.offset)
        made = events_of(replica.process(record))
        ((command, failure, before),) = self.seen
        assert len(of(e.CommandFailed, made)) == 1
        commands = c.decode_record(record.payload)
        without = Replica(0, load(tree), self.offset)
        if failure.index >= 0:
            assert commands[failure.index] == command
            without.process(CommandRecord(self.offset, record.time_ms, c.encode_record(commands[: failure.index])))
        assert before == state_hash(without.state)
        assert replica.next_offset == self.offset + 1


@pytest.mark.skipif(not INTERPRETED, reason="a compiled core shows no lines; it is the same source")
@pytest.mark.parametrize("seed", range(3))
def test_an_error_at_any_line_leaves_the_state_as_it_was(seed: int) -> None:
    flow = Flow(seed)
    run = Injected(seed)
    for step in [c.Credit(b"", user, asset, 10**12, b"") for user in USERS for asset in ("BTC", "USDT")]:
        run.core(run.command(step))
    for turn in range(12):
        run.now += flow.random.randint(0, 5)
        commands = [run.command(flow.step(run)) for _ in range(1 if turn == 7 else 3)]
        record = CommandRecord(run.offset, run.now, c.encode_record(commands))
        tree: Tree = msgspec.msgpack.decode(tree_bytes(run.replica.state))
        count = run.lines_of(record, tree)
        lines = range(1, count + 1) if turn == 7 else sorted(run.draw.sample(range(1, count + 1), min(count, 8)))
        for line in lines:
            run.inject(record, tree, line)
        run.replica.failures.clear()
        run.replica.restart(load(tree), run.offset)
        run.replica.process(record)
        run.state = run.replica.state
        run.offset += 1
        if run.state.symbols[FLOW_SYMBOL].status != ACTIVE:
            run.core(run.command(c.SetStatus(b"", FLOW_SYMBOL, SymbolStatus.ACTIVE)))


def test_an_event_that_the_log_cannot_hold_fails_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    replica = Replica(0)
    results = [(0, b"", [(7, b"", "USDT", 1, 1)]), (1, b"", [(7, b"", "USDT", 2**64, 0)])]

    def carry_out(state: State, record: object, time_ms: int, buffers: object) -> tuple[int, list[Any]]:
        state.next_seq += 2
        return 2, results

    monkeypatch.setattr("engine_container.engine.replica.carry_out", carry_out)
    with pytest.raises(Fault) as caught:
        replica.process(log_of([c.Tick(b"")])[0])
    assert (caught.value.failure.index, caught.value.failure.what) == (1, "OverflowError")


def test_memory_that_is_short_is_no_fault_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("engine_container.engine.replica.carry_out", short)
    with pytest.raises(MemoryError):
        Replica(0, State()).process(log_of([c.Tick(b"")])[0])
