"""Ports are the usual ones where they are free, others where they are not, and stay the same from start to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from mycrypto_local import addresses, ports


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Ports that another process holds; no socket is opened."""
    held: set[int] = set()
    monkeypatch.setattr(ports, "is_free", lambda port: port not in held)
    monkeypatch.setattr(addresses, "is_free", lambda port: port not in held)
    return held


def test_the_usual_ports_when_all_are_free(tmp_path: Path, taken: set[int]) -> None:
    assert addresses.choose(tmp_path) == addresses.DEFAULTS
    assert addresses.read(tmp_path) == addresses.DEFAULTS


def test_a_taken_port_moves_on_to_the_next_free_one(tmp_path: Path, taken: set[int]) -> None:
    taken |= {8080, 4566}
    chosen = addresses.choose(tmp_path)
    assert chosen["gateway"] == 8081
    assert chosen["engine"] == 8082  # its own usual one went to the gateway
    assert chosen["emulator"] == 4567
    assert len(set(chosen.values())) == len(chosen)


def test_a_moved_port_is_kept_when_the_usual_one_is_free_again(tmp_path: Path, taken: set[int]) -> None:
    taken.add(8080)
    first = addresses.choose(tmp_path)
    taken.clear()
    assert addresses.choose(tmp_path) == first


def test_a_kept_port_that_was_taken_meanwhile_is_given_up(tmp_path: Path, taken: set[int]) -> None:
    addresses.choose(tmp_path)
    taken.add(5432)
    assert addresses.choose(tmp_path)["postgres"] == 5433


def test_a_damaged_file_counts_as_none(tmp_path: Path, taken: set[int]) -> None:
    (tmp_path / "ports.json").write_text("{broken")
    assert addresses.read(tmp_path) == {}
    assert addresses.choose(tmp_path) == addresses.DEFAULTS


def test_ports_of_tests_are_of_the_process_alone_and_no_outgoing_connection_has_them(
    taken: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {}
    for pid in (4_000, 4_001, 4_002):
        monkeypatch.setattr("os.getpid", lambda pid=pid: pid)
        ports._own_block.cache_clear()
        chosen[pid] = [*ports.any_free(3), *ports.any_free(ports.TESTS_BLOCK - 3)]
    ports._own_block.cache_clear()
    everyone = [port for own in chosen.values() for port in own]
    assert len(set(everyone)) == len(everyone) == 3 * ports.TESTS_BLOCK
    assert max(everyone) < ports.OUTGOING_FIRST


def test_a_block_of_ports_without_enough_free_ones_is_said(taken: set[int]) -> None:
    taken |= set(ports.any_free(ports.TESTS_BLOCK)[1:])
    assert len(ports.any_free(1)) == 1
    with pytest.raises(ports.NoFreePortError, match="2 free ports"):
        ports.any_free(2)


def test_no_free_port_is_said(taken: set[int]) -> None:
    taken |= set(range(8080, 8080 + ports.TRIES_MAX))
    with pytest.raises(ports.NoFreePortError, match="8080"):
        ports.next_free(8080)
