"""``python -m engine_container.engine``: the engine process."""

from __future__ import annotations

import logging

import uvloop

from engine_container.engine.process import serve
from engine_container.engine.settings import EngineSettings
from engine_container.process_logs import json_logs
from mycrypto.settings import load

if __name__ == "__main__":
    settings = load(EngineSettings)
    json_logs(settings.service_name)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away is reported by ourselves, once a second
    uvloop.run(serve(settings))
