"""Defects put in on purpose. That the histories find each of them is the test of the histories."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tests.simulation.defects import money, trading

CATALOGUE: dict[str, Callable[[], AbstractContextManager[Any]]] = {defect.__name__: defect for defect in (*trading.DEFECTS, *money.DEFECTS)}
