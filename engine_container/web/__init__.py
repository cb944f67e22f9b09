"""HTTP as the trading processes speak it: small, fast, and the same problems everywhere."""
