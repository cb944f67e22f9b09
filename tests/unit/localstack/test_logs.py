"""Logs as people read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mycrypto_local import logs

LINES = [b'{"message": "one"}\n', b'{"_aws":{"Timestamp":1}}\n', b"two\n", b'{"_aws":{"Timestamp":2}}\n', b"three\n"]


class EnoughError(Exception):
    """Read far enough."""


@pytest.mark.parametrize(
    ("lines", "metrics", "shown"),
    [(200, False, [LINES[0], LINES[2], LINES[4]]), (2, False, [LINES[2], LINES[4]]), (2, True, LINES[3:]), (200, True, LINES)],
)
def test_the_last_lines_are_shown_and_metrics_only_where_asked_for(tmp_path: Path, lines: int, metrics: bool, shown: list[bytes]) -> None:
    log = tmp_path / "engine.log"
    log.write_bytes(b"".join(LINES))
    written: list[bytes] = []
    logs.show(log, lines, written.append, follow=False, metrics=metrics)
    assert written == shown


def test_what_is_added_is_followed_from_where_the_reading_ended(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_bytes(b"".join(LINES))
    written: list[bytes] = []

    def write(line: bytes) -> None:
        written.append(line)
        if line == LINES[4]:
            with log.open("ab") as file:
                file.write(LINES[1] + b"four\n")
        elif line == b"four\n":
            raise EnoughError

    with pytest.raises(EnoughError):
        logs.show(log, 1, write, follow=True, metrics=False)
    assert written == [LINES[4], b"four\n"]
