"""What a drill compares, it compares: a difference of one byte is told."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from engine_container.engine.replica import CommandRecord, Replica
from engine_container.tools.replay import Place
from mycrypto.contracts.commands import Tick, encode_record
from mycrypto_local.cli import complete
from mycrypto_local.recovery.command import SERVERS
from mycrypto_local.recovery.drill import RPO_GOAL_SECONDS, DrillReport, compare
from mycrypto_local.recovery.witness import Witness, trades_in
from tests.listing import LISTED


def seen() -> tuple[Witness, Place]:
    """A witness of a short life."""
    witness = Witness("nowhere:1", 0)
    replica = Replica(0)
    for offset, payload in enumerate([encode_record([LISTED]), encode_record([Tick(b"")])]):
        record = CommandRecord(offset, 1_700_000_000_000 + offset, payload)
        witness.commands.append(record)
        witness.events += [batch.payload for batch in replica.process(record)]
    return witness, Place(replica.next_offset, replica.state.next_seq, "")


def test_equal_logs_do_not_differ_whatever_came_after_the_end() -> None:
    before, place = seen()
    after, _ = seen()
    before.commands.append(CommandRecord(2, 1_700_000_000_002, b"lost with the brokers"))
    after.commands.append(CommandRecord(2, 1_800_000_000_000, b"new"))
    assert compare(before, after, place) == []
    assert trades_in(before.events) == 0


def test_a_second_publisher_may_repeat_records() -> None:
    before, place = seen()
    after, _ = seen()
    after.events += after.events
    assert compare(before, after, place) == []


@pytest.mark.parametrize("change", [{"payload": b"x"}, {"time_ms": 1}, {"offset": 7}])
def test_another_record_is_told(change: dict[str, object]) -> None:
    before, place = seen()
    after, _ = seen()
    after.commands[1] = after.commands[1]._replace(**change)  # type: ignore[arg-type]
    assert compare(before, after, place) == ["command record 1 is another one"]


def test_a_missing_record_and_another_event_are_told() -> None:
    before, place = seen()
    after, _ = seen()
    del after.commands[1]
    after.events[0] = after.events[0].replace(bytes(16), b"\x01" * 16)
    told = compare(before, after, place)
    assert told[0] == "2 command records before, 1 after"
    assert told[1:] == ["event record 0 is another one"]


def test_a_report_with_a_difference_or_a_missed_goal_has_not_reached_it() -> None:
    assert DrillReport().reached
    assert not DrillReport(differences=["something"]).reached
    assert not DrillReport(rpo_seconds=RPO_GOAL_SECONDS + 1).reached


@pytest.mark.parametrize("name", SERVERS)
def test_external_servers_are_never_destroyed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "somewhere")
    result = CliRunner().invoke(complete(), ["drill"])
    assert result.exit_code == 1
    assert f"unset {name} first" in result.output
