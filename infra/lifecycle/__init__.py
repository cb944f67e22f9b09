"""Runs in Lambda, alone: it imports nothing of the project."""
