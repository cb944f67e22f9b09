"""Codes: other functions have a code of the second factor checked here, and cannot read the secrets themselves."""
