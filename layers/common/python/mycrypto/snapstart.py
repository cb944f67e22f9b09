"""What a function that starts from a snapshot (Lambda SnapStart) has to renew: every environment begins with the same memory.

Connections and credentials of the environment that was frozen are dead or somebody else's, and a generator of random numbers would say
the same in all of them. Ids, tokens and nonces come from ``os.urandom``, which the kernel reseeds; this is for everything else.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from snapshot_restore_py import register_after_restore

from mycrypto import secrets


def after_restore(*forget: Callable[[], object]) -> None:
    """Have these called in every environment that starts from a snapshot, before its first request: each drops what the next use makes anew."""
    register_after_restore(_renew, forget)


def _renew(forget: tuple[Callable[[], object], ...]) -> None:
    secrets.renew()
    random.seed()
    for each in forget:
        each()
