"""WebSockets: market data for everybody, a user's own orders and balances, and orders placed over the socket.

Each message is JSON with ``type``, ``symbol`` where there is one, ``timestamp`` (epoch milliseconds) and ``data``.
"""
