"""Which user a server runs as, and which folders that user can reach. PostgreSQL refuses to run as root."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

UNPRIVILEGED_USER: Final = "nobody"
FALLBACK: Final = Path("/var/lib/mycrypto")


@dataclass(frozen=True, slots=True)
class Identity:
    uid: int
    gid: int


def unprivileged() -> Identity | None:
    """The unprivileged system user when we are root, None (stay who we are) otherwise. initdb wants a user that has a name."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return Identity(entry.pw_uid, entry.pw_gid)


def reachable_by_others(folder: Path) -> bool:
    """Whether a user without any right of ours may pass through every folder down to this one."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents) if step.exists())


def home_for(folder: Path, identity: Identity | None) -> Path:
    """``folder`` where the user can reach it, otherwise a folder of the same identity under ``/var/lib/mycrypto``.

    The second case is a checkout below ``/root``: root may build there, the unprivileged user may not enter.
    """
    if identity is None or reachable_by_others(folder.parent):
        return folder
    mark = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return FALLBACK / f"{folder.name}-{mark}"
