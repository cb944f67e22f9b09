"""Follow a log in which a command fails, and print hashes of its events and of the state: the same on every run, however the core is run."""

from __future__ import annotations

import hashlib

from engine_container.core import machine
from engine_container.engine.snapshots import state_hash
from tests.unit.core.test_failing_commands import a_log, followed


def main() -> None:
    _, records = a_log()
    replica, batches = followed(records)
    digest = hashlib.sha256(b"".join(batch.payload for batch in batches)).hexdigest()
    kind = "interpreted" if str(machine.__file__).endswith(".py") else "compiled"
    print(digest, state_hash(replica.state), kind)


if __name__ == "__main__":
    main()
