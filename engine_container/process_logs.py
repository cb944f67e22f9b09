"""Where the loggers of a process write."""

from __future__ import annotations

import logging

from mycrypto import telemetry


def json_logs(service: str) -> None:
    """Library loggers write through the service's formatter; their chatter below WARNING is left out."""
    handler = telemetry.logger(service).handlers[0]
    root = logging.getLogger()
    root.handlers = [handler]
    logging.getLogger(service).propagate = False  # it has the same handler itself
    root.setLevel(logging.WARNING)
