"""Instructions per command of the compiled core: ``python -m tests.bench.bench_instructions``. Prints figures; asserts nothing.

valgrind's callgrind counts what the processor executes between the bytes of command records and the bytes of their events: reading, looking
ahead, applying, writing. Unlike seconds the count does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from engine_container.core.codec.record import RecordBuffers, apply_packed
from engine_container.engine.replica import COMPILED
from mycrypto.contracts.commands import decode_record
from tests.bench.bench_core import payloads_of
from tests.bench.core_mix import START_MS, Mix, make_mix, prepared

COUNTED: Final = "CPyPy_*apply_packed"
"""The compiled function that the engine calls for every record; callgrind counts while it runs."""
SEED: Final = "0"
"""Of Python's hashes, which the tables of the core are keyed with: one count for every run."""


class Work(msgspec.Struct):
    """What the counted process carries out: records that prepare the state, and records that are counted."""

    prepare: list[bytes]
    records: list[bytes]


def carry_out(file: Path) -> None:
    """The counted process."""
    work = msgspec.msgpack.decode(file.read_bytes(), type=Work)
    state = prepared(Mix([command for payload in work.prepare for command in decode_record(payload)]))
    buffers = RecordBuffers()
    for offset, payload in enumerate(work.records):
        apply_packed(state, payload, START_MS + offset, buffers)


def count(work: Work, folder: Path) -> tuple[int, Path]:
    """Instructions of all counted records, and callgrind's file, which ``callgrind_annotate`` shows by function."""
    file, counts = folder / "work", folder / "callgrind.out"
    file.write_bytes(msgspec.msgpack.encode(work))
    subprocess.run(
        [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={counts}",
            f"--toggle-collect={COUNTED}",
            sys.executable,
            "-m",
            "tests.bench.bench_instructions",
            "--carry-out",
            str(file),
        ],
        env={**os.environ, "PYTHONHASHSEED": SEED},
        check=True,
        capture_output=True,
    )
    found = re.search(r"^(?:totals|summary): (\d+)", counts.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) if found else 0, counts


def by_function(counts: Path, commands: int, lines: int) -> list[str]:
    """The functions that take the most, in instructions per command, callees not included."""
    told = subprocess.run(
        ["callgrind_annotate", "--auto=no", "--threshold=99.9", str(counts)], check=True, capture_output=True, text=True
    ).stdout
    rows = re.findall(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+\S*?:(\S+)", told, re.MULTILINE)
    return [f"{int(number.replace(',', '')) / commands:8.0f}  {name}" for number, name in rows[:lines]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--commands", type=int, default=50_000)
    options.add_argument("--functions", type=int, default=0, help="show so many functions with their share")
    options.add_argument("--carry-out", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.carry_out is not None:
        carry_out(given.carry_out)
        return
    if not COMPILED:
        print("The core runs interpreted: there is nothing to count. Compile it with: python -m engine_container.build_core")
        return
    if shutil.which("valgrind") is None:
        print("valgrind is not installed, so instructions are not counted. Install it with: apt-get install valgrind")
        return
    mix = make_mix(given.commands)
    work = Work(payloads_of(mix.prepare), payloads_of(mix.commands))
    with tempfile.TemporaryDirectory() as folder:
        total, counts = count(work, Path(folder))
        for line in by_function(counts, given.commands, given.functions):
            print(line)
    print(json.dumps({"commands": given.commands, "instructions_per_command": round(total / given.commands)}))


if __name__ == "__main__":
    main()
