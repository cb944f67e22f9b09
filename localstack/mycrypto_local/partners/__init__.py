"""A bank and a chain for one machine: they keep what they did in a file, so they survive a restart, and misbehave on demand."""
