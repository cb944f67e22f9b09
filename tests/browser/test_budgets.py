"""What a page may weigh, as a browser loads it."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.browser.market import Market

LOADED: Final = "performance.getEntriesByType('resource').filter(each => each.name.endsWith('.js')).reduce((sum, each) => sum + each.encodedBodySize, 0)"
THOUSAND: Final = 1_000


@pytest.mark.parametrize(("path", "most"), [("/", 90), ("/islem/BTC-TRY", 150), ("/ops", 170)])
def test_scripts_of_a_page_stay_within_their_budget(page: Any, market: Market, path: str, most: int) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate(LOADED)
    assert 10 * THOUSAND < loaded <= most * THOUSAND, f"{path} loads {loaded} bytes of script"
