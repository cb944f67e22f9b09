"""Kafka event source mappings, which the emulator does not have: consume, build the event as MSK does, invoke, retry, dead-letter."""
