"""Settlement: the events of the engine become lines of the ledger, each exactly once."""
