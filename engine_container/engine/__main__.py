"""``python -m engine_container.engine``: the engine process."""

from __future__ import annotations

import logging

import uvloop

from engine_container.engine.process import serve
from engine_container.engine.settings import EngineSettings
from mycrypto import telemetry
from mycrypto.settings import load

if __name__ == "__main__":
    settings = load(EngineSettings)
    root = logging.getLogger()
    root.handlers = [telemetry.logger(settings.service_name).handlers[0]]
    root.setLevel(logging.WARNING)
    logging.getLogger(settings.service_name).propagate = False  # its own handler writes the line already
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away is reported by ourselves, once a second
    uvloop.run(serve(settings))
