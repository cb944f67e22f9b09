"""The intervals of candles are named once, in the API's vocabulary; how long each is follows from its name."""

from __future__ import annotations

from engine_container.gateway.candles import INTERVALS_MS
from engine_container.views.minutes import MINUTE_MS


def test_every_interval_is_as_long_as_its_name_says() -> None:
    minutes = {name: length // MINUTE_MS for name, length in INTERVALS_MS.items()}
    assert minutes == {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720, "1d": 1_440, "1w": 10_080}
