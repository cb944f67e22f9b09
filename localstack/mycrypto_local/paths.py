"""Where the runner keeps things: the repository, the caches that survive ``reset``, and the state of one platform."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CACHE: Final = REPOSITORY / ".local-cache"
"""Downloads and other things made again from pinned inputs; shared by every state folder of this checkout."""


def state_folder() -> Path:
    """``MYCRYPTO_STATE``, default ``.local`` in the repository; absolute."""
    return Path(os.environ.get("MYCRYPTO_STATE") or REPOSITORY / ".local").resolve()
