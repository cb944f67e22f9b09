"""Secrets that the platform makes for itself: signing keys that change every 90 days, and first values of the others."""
