"""The Lambda authorizer: turns a bearer token into the caller that auth and wallet read."""
