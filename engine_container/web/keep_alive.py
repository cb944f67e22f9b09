"""How long a server keeps an idle connection; the templates are compared with it, so it needs no server to be imported."""

from __future__ import annotations

from typing import Final

KEEP_ALIVE_SECONDS: Final = 310
"""Longer than the load balancer keeps an idle connection (300 s): the one that closes first must be the client, or a request meets a closed one."""
