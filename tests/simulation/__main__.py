"""``python -m tests.simulation SEED HISTORIES``: histories on every core; each that fails with commit, seed, plan, and the plan that it takes."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count

from tests.simulation import history
from tests.simulation.report import describe

CHUNK = 50


def _frozen() -> None:
    """A history lives for a tenth of a second: what was imported need not be walked again and again."""
    gc.collect()
    gc.freeze()


def _chunk(first: int, count: int) -> list[str]:
    return [describe(found) for found in map(history.run, range(first, first + count)) if found.wrong]


def _chunks(seed: int, histories: int) -> Iterator[tuple[int, int]]:
    for first in range(seed, seed + histories, CHUNK):
        yield first, min(CHUNK, seed + histories - first)


def main() -> None:
    seed, histories = (int(text) for text in sys.argv[1:3])
    started = time.monotonic()
    failed = 0
    cores = cpu_count() or 1
    with ProcessPoolExecutor(cores, initializer=_frozen) as pool:
        firsts, counts = zip(*_chunks(seed, histories), strict=True)
        for texts in pool.map(_chunk, firsts, counts):
            failed += len(texts)
            sys.stdout.writelines(f"{text}\n" for text in texts)
            sys.stdout.flush()
    seconds = time.monotonic() - started
    sys.stdout.write(f"{histories} histories from seed {seed} on, {failed} failed; {histories / seconds:.1f} a second on {cores} cores\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
