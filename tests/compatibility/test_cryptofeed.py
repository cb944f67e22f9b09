"""cryptofeed, which collects market data: its books go on from update to update without a reset."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.compatibility.environments import CRYPTOFEED, environment, run
from tests.compatibility.tls import tls_door

SCRIPTS: Final = Path(__file__).parent / "scripts"


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [30, 600], ids=["half a minute", "ten minutes"])
def test_no_book_is_reset(told: dict[str, str], tmp_path: Path, seconds: int) -> None:
    python = environment("cryptofeed", CRYPTOFEED, "3.13")
    with tls_door(told["SPOT_URL"], tmp_path) as (url, certificate):
        own = {"SPOT_URL": url, "SSL_CERT_FILE": str(certificate), "CRYPTOFEED_SECONDS": str(seconds)}
        said = run(python, str(SCRIPTS / "cryptofeed_script.py"), environment=own, folder=tmp_path, seconds_max=2 * seconds + 120)
        assert "DONE" in said, said[-4_000:]
