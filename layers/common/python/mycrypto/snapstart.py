"""What a function that starts from a snapshot (Lambda SnapStart) has to renew: every environment starts with the same memory.

Connections and credentials of the environment that was frozen are dead or belong to another environment, and a random number generator would give
the same numbers in all of them. Ids, tokens and nonces come from ``os.urandom``, which the kernel reseeds; this module is for everything else.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from snapshot_restore_py import register_after_restore

from mycrypto import secrets


def after_restore(*forget: Callable[[], object]) -> None:
    """Call these in every environment that starts from a snapshot, before its first request. Each drops something that the next use builds again."""
    register_after_restore(_renew, forget)


def _renew(forget: tuple[Callable[[], object], ...]) -> None:
    secrets.renew()
    random.seed()
    for each in forget:
        each()
