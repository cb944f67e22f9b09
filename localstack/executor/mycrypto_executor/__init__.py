"""LocalStack's functions as processes of this machine. LocalStack brings an executor for Docker only."""
