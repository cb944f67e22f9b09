"""Plots as SVG files that need nothing else: lines over an axis, linear or by powers of ten. Their colours hold on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 760
HEIGHT: Final = 320
LEFT: Final = 66
RIGHT: Final = 20
TOP: Final = 34
BOTTOM: Final = 44
LEGEND: Final = 18
"""Height of a row of it."""
LEGEND_COLUMNS: Final = 4
COLOURS: Final = ("#2f6fde", "#d9822b", "#2e9e5b", "#b2479f", "#7a6ff0", "#c0392b", "#1f9aa8", "#8a8f98", "#a67c00", "#4f7a28")
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#333}.grid{stroke:#8886;stroke-width:1}.line{fill:none;stroke-width:2}"
    ".mark{stroke:#8a8f98;stroke-dasharray:4 4}@media(prefers-color-scheme:dark){text{fill:#ccc}}"
)


@dataclass(frozen=True)
class Line:
    """Points in the order of x."""

    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """``powers``: by powers of ten, for values above 0."""

    title: str
    powers: bool = False


class _Scale:
    def __init__(self, values: Sequence[float], powers: bool, begin: float, end: float) -> None:
        self._powers = powers
        self._begin, self._end = begin, end
        self._low: float
        self._high: float
        if powers:
            known = [value for value in values if value > 0] or [1.0]
            self._low, self._high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
            self._high = max(self._high, self._low + 1)
            self.ticks = [float(10**exponent) for exponent in range(int(self._low), int(self._high) + 1)]
        else:
            step = nice_step(max([*values, 0.0]))
            self._low, self._high = 0.0, step * max(1, math.ceil(max([*values, 0.0]) / step))
            self.ticks = [step * number for number in range(round(self._high / step) + 1)]

    def place(self, value: float) -> float:
        at = math.log10(max(value, 10**self._low)) if self._powers else value
        return self._begin + (self._end - self._begin) * (at - self._low) / (self._high - self._low)


def nice_step(top: float) -> float:
    """1, 2 or 5 times a power of ten, so that at most five of them reach the top."""
    if top <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(top / 5))
    return float(next(power * step for step in (1, 2, 5, 10) if power * step * 5 >= top * 0.999_999))


def number(value: float) -> str:
    """As short as it can be said."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def draw(title: str, across: Axis, up: Axis, lines: Sequence[Line], *, level: float | None = None) -> str:
    """One plot; ``level`` is a dashed line across it."""
    shown = [line for line in lines if line.points]
    xs = [x for line in shown for x, _ in line.points]
    ys = [y for line in shown for _, y in line.points] + ([level] if level is not None else [])
    horizontal = _Scale(xs, across.powers, LEFT, WIDTH - RIGHT)
    vertical = _Scale(ys, up.powers, HEIGHT - BOTTOM, TOP)
    parts = [f'<text x="{LEFT}" y="18" font-weight="600">{escape(title)}</text>']
    for tick in vertical.ticks:
        y = vertical.place(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{number(tick)}</text>')
    for tick in horizontal.ticks:
        x = horizontal.place(tick)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{number(tick)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across.title)}</text>')
    parts.append(
        f'<text x="12" y="{HEIGHT / 2:.0f}" text-anchor="middle" transform="rotate(-90 12 {HEIGHT / 2:.0f})">{escape(up.title)}</text>'
    )
    if level is not None:
        y = vertical.place(level)
        parts.append(f'<line class="mark" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    rows = math.ceil(len(shown) / LEGEND_COLUMNS)
    for place, line in enumerate(shown):
        colour = COLOURS[place % len(COLOURS)]
        points = [(horizontal.place(x), vertical.place(y)) for x, y in line.points]
        parts.append(f'<polyline class="line" stroke="{colour}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        if len(points) < 30:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        x = LEFT + place % LEGEND_COLUMNS * (WIDTH - LEFT - RIGHT) / LEGEND_COLUMNS
        y = HEIGHT + place // LEGEND_COLUMNS * LEGEND + 6
        parts.append(f'<rect x="{x:.0f}" y="{y - 8}" width="12" height="8" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18:.0f}" y="{y}">{escape(line.label)}</text>')
    height = HEIGHT + rows * LEGEND
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(title)}"><style>{_STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )
