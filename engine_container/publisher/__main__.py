"""``python -m engine_container.publisher``: the publisher process."""

from __future__ import annotations

from engine_container.publisher.process import Publisher, create_app
from engine_container.publisher.settings import PublisherSettings
from engine_container.web.serve import serve
from mycrypto.settings import load

if __name__ == "__main__":
    settings = load(PublisherSettings)
    serve(create_app(Publisher(settings)), settings.bind_host, settings.port, settings.service_name)
