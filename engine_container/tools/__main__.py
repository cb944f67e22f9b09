"""``python -m engine_container.tools``: the tools as the image has them, where ``mycrypto engine`` is not installed."""

from engine_container.tools.cli import app

app()
