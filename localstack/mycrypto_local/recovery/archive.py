"""The archive of the command log after an emulator has lost its state, S3 included: it is made again from the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mycrypto import archive
from mycrypto.ids import SHARD_SPOT
from mycrypto_local.deployment import Deployment
from mycrypto_local.pump import rewind
from mycrypto_local.pump.sources import ARCHIVE
from mycrypto_local.recovery.backup import archive_in_s3

ARCHIVE_MENDED: Final = "The archive of the command log was lost with the emulator's state; it is made again from the log."


def mend_archive(bootstrap: str, deployment: Deployment, stop_pump: Callable[[], object]) -> bool:
    """Send the archive's mapping back where the archive ends before what was given to it; whether it did. The pump must not run meanwhile."""
    kept = archive.end(archive_in_s3(deployment, SHARD_SPOT))
    if rewind.done_before(bootstrap, ARCHIVE, SHARD_SPOT) <= kept:
        return False
    stop_pump()
    rewind.go_back(bootstrap, ARCHIVE, SHARD_SPOT, kept)
    return True
