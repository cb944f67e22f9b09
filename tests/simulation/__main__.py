"""``python -m tests.simulation SEED HISTORIES``: run histories one after the other; print each that fails, with as few faults as it takes."""

from __future__ import annotations

import sys

from tests.simulation import history


def main() -> None:
    seed, histories = (int(text) for text in sys.argv[1:3])
    failed = 0
    for number in range(seed, seed + histories):
        found = history.run(number)
        if found.wrong:
            failed += 1
            sys.stdout.write(f"{history.shrink(found)}\n")
    sys.stdout.write(f"{histories} histories from seed {seed} on, {failed} failed\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
