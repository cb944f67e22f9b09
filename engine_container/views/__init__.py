"""Read models made of the event log: orders, books, trades, tickers, balances, symbols. Used by the gateway and the publisher.

A view holds nothing that the events do not say; two processes that have read the same events show the same.
"""
