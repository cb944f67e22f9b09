"""Alarms that still ring, said again."""
