"""Array literals as PostgreSQL reads them."""

from __future__ import annotations

from uuid import UUID

from mycrypto import arrays


def test_the_forms() -> None:
    assert arrays.numbers([1, -2, None, 10**30]) == "{1,-2,NULL,1000000000000000000000000000000}"
    assert arrays.flags([True, False]) == "{t,f}"
    assert arrays.ids([UUID(int=1).bytes]) == "{00000000000000000000000000000001}"
    assert arrays.names(["OPEN", "FILLED"]) == "{OPEN,FILLED}"
    assert arrays.numbers([]) == arrays.names([]) == "{}"
