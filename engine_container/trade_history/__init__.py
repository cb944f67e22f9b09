"""What the trade database keeps of orders and trades, as the gateway and paper trading read it."""
