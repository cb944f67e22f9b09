"""Order flow through the public API: a realistic mix for looking at, and recorded flow for proving the matching."""
