"""What the page about the Binance-compatible API says of clients is what their tests do."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
SCRIPTS = REPOSITORY / "tests" / "compatibility" / "scripts"
MARKED = re.compile(r"# docs: (?P<client>[\w-]+)\n(?P<lines>.*?)# docs end\n", re.DOTALL)


def test_the_lines_that_point_a_client_here_are_those_of_its_test() -> None:
    page = (REPOSITORY / "docs" / "binance.md").read_text()
    found = [match for script in sorted(SCRIPTS.glob("*.*")) for match in MARKED.finditer(script.read_text())]
    assert found
    for match in found:
        section = page.partition(f"### {match['client']}\n")[2].partition("\n### ")[0]
        assert f"```python\n{match['lines']}```" in section or f"```json\n{match['lines']}```" in section, match["client"]


def test_every_operation_is_of_a_path_that_the_page_names() -> None:
    from engine_container.gateway.binance.operations import OPERATIONS

    page = (REPOSITORY / "docs" / "binance.md").read_text()
    tops = {"/".join(operation.path.split("/")[:3]) for operation, _ in OPERATIONS} - {"/fapi/v1", "/dapi/v1"}
    assert all(f"`{top}" in page for top in tops), tops
