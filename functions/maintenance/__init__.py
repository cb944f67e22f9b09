"""Maintenance: what must happen whether anybody calls or not."""
