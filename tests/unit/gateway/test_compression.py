"""Large public answers come compressed to clients that ask for it; nothing of a user ever does."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from engine_container.web.compression import BYTES_AT_ONCE, BYTES_MIN, takes_gzip
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")
LARGE = "/api/v1/openapi.json"


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        (None, False),
        (b"", False),
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"gzip; q=0", False),
        (b"gzip;q=0.000", False),
        (b"x-gzip, br", False),
        (b"*", False),
    ],
)
def test_gzip_is_taken_where_it_is_named_with_a_weight(accepted: bytes | None, taken: bool) -> None:
    assert takes_gzip(accepted) == taken


def test_a_large_public_answer_is_compressed_for_who_takes_it(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        plain = await h.call("GET", LARGE, headers={"Accept-Encoding": "identity"})
        small = await h.call("GET", LARGE, headers={"Accept-Encoding": "gzip, br", "Origin": "https://elsewhere.example"})
        assert "content-encoding" not in plain.headers
        assert small.headers["content-encoding"] == "gzip"
        assert small.json() == plain.json()
        assert "accept-encoding" in plain.headers["vary"].lower()
        assert "accept-encoding" in small.headers["vary"].lower()
        assert small.headers["content-type"] == plain.headers["content-type"]
        assert int(small.headers["content-length"]) * 3 < int(plain.headers["content-length"])
        assert int(plain.headers["content-length"]) > BYTES_AT_ONCE

    play(scenario)


def test_small_answers_and_those_of_a_user_are_left_as_they_are(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        small = await h.call("GET", "/health", headers={"Accept-Encoding": "gzip"})
        assert len(small.content) < BYTES_MIN
        assert "content-encoding" not in small.headers
        own = await h.call("GET", "/api/v1/account/fees", user=ALICE, headers={"Accept-Encoding": "gzip"})
        assert own.status_code == 200
        assert "content-encoding" not in own.headers
        assert "vary" not in own.headers

    play(scenario)


def test_candles_and_lines_of_a_market_without_trades_are_empty(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        for interval in ("1m", "30m", "12h", "1w"):
            answer = await h.call("GET", f"/api/v1/markets/BTCUSDT/candles?interval={interval}&limit=3")
            assert answer.json() == {"symbol": "BTC/USDT", "interval": interval, "data": [], "has_more": False}
        assert (await h.call("GET", "/api/v1/markets/BTCUSDT/candles?interval=2m")).status_code == 400
        lines = await h.call("GET", "/api/v1/markets/sparklines?points=24")
        assert lines.json() == {"data": [{"symbol": "BTC/USDT", "closes": []}]}
        assert (await h.call("GET", "/api/v1/markets/sparklines?points=1")).status_code == 400

    play(scenario)
