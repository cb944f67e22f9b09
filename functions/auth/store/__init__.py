"""The SQL of auth, one module per table family. Every function works in its caller's transaction."""
