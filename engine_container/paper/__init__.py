"""Paper trading: orders filled by the public trades, with play money of their own; nothing real moves."""
