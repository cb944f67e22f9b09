"""The API of Binance Spot in front of this exchange, for the programs that traders already have: its paths, words, codes and streams.

Everything here is a translation. Orders take the one way that all orders take; what is answered comes out of the same views and the same history.
"""
