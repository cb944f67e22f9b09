"""Requests and messages that need nothing awaited: read, answered and written in one turn of the event loop, beside ASGI."""
