"""The two logs as the trading processes see them: an append here, an ordered read there. Kafka stands behind; nothing else knows it."""
