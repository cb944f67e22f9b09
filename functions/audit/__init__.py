"""Audit records of the audit queue, into the table that only grows."""
