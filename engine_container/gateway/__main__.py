"""``python -m engine_container.gateway``: the gateway process."""

from __future__ import annotations

from engine_container.gateway.app import create_apps
from engine_container.gateway.settings import GatewaySettings
from engine_container.web.serve import serve
from mycrypto.settings import load

if __name__ == "__main__":
    settings = load(GatewaySettings)
    app, beside = create_apps(settings)
    serve(app, settings.bind_host, settings.port, beside=beside)
