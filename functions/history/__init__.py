"""History: orders and trades as clients look them up later, projected from the engine's events."""
