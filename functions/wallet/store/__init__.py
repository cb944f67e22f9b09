"""SQL of the wallet, by subject."""
