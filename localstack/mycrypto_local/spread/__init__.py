"""The front door in front of several gateways: what a load balancer does in production. With one gateway none of this runs (ADR 31)."""
