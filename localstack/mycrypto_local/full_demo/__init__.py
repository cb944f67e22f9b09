"""``mycrypto demo --full``: every promise of accounts and money, played through the front door after the main job."""
