"""``python -m engine_container.publisher``: the publisher process."""

from __future__ import annotations

import uvloop

from engine_container.process_logs import json_logs
from engine_container.publisher.process import Publisher, serve
from engine_container.publisher.settings import PublisherSettings
from mycrypto.settings import load


async def main() -> None:
    settings = load(PublisherSettings)
    json_logs(settings.service_name)
    await serve(Publisher(settings))


if __name__ == "__main__":
    uvloop.run(main())
